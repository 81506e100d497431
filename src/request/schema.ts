import { type JsonSchema, textOf } from './field.js';
import { FIELD_ENTRIES } from './fields.js';
import type { LayoutRegistry } from './layout-rules.js';

/** A JSON Schema (draft 7) of a request as a configuration file holds it: the library's options by their names. */
export function requestSchema(layouts: LayoutRegistry): JsonSchema {
  const properties = FIELD_ENTRIES.flatMap(([name, { schema, help, default: preset }]) => {
    if (schema === undefined) return [];
    const text = preset === undefined ? '' : ` (default: ${textOf(preset, layouts)})`;
    return [[name, { description: `${textOf(help, layouts)}${text}`, ...schema(layouts) }]];
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A set of certificates that generate-certs makes',
    type: 'object',
    additionalProperties: false,
    properties: {
      $schema: { type: 'string', description: 'where this schema is, for editors' },
      ...Object.fromEntries(properties),
    },
  };
}
