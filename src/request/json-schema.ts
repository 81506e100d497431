// Pieces of the JSON Schemas that the package holds.
import type { JsonSchema } from './field.js';

export const text = (description: string, others: object = {}): JsonSchema => ({
  type: 'string',
  description,
  ...others,
});

export const orNull = ({ description, ...schema }: JsonSchema): JsonSchema => ({
  description,
  anyOf: [schema, { type: 'null' }],
});

export const listOf = (description: string, items: object): JsonSchema => ({
  type: 'array',
  description,
  items,
});

export const reference = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

/** An object of which more keys may come later, and all of these but the optional ones are there. */
export function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  {
    description,
    optional = [],
  }: { readonly description?: string; readonly optional?: readonly string[] } = {},
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', ...(description !== undefined && { description }), properties, required };
}
