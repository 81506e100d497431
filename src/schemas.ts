import { LAYOUTS } from './layouts/index.js';
import type { JsonSchema } from './request/field.js';
import { requestSchema } from './request/schema.js';
import { manifestSchema } from './store/manifest/schema.js';
import { PROTOCOLS } from './verify/protocols/index.js';
import { reportSchema } from './verify/report/schema.js';

/** The schemas that the package holds, by their files' names. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  'schema.json': requestSchema(LAYOUTS),
  'manifest.schema.json': manifestSchema(LAYOUTS),
  'report.schema.json': reportSchema(PROTOCOLS.map(({ name }) => name)),
};
