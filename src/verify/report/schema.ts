import type { JsonSchema } from '../../request/field.js';
import { listOf, objectOf, orNull, reference, text } from '../../request/json-schema.js';
import { ROW_KINDS, VERDICTS } from './row.js';

const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description });

/**
 * A JSON Schema (draft 7) of what `verify --json` and `verify-client --json` print.
 *
 * @param protocols the names of the protocols that endpoints are proved by
 */
export function reportSchema(protocols: readonly string[]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'What generate-certs verify --json and verify-client --json print',
    ...objectOf(
      {
        rows: listOf('every case that was tried', reference('row')),
        counts: objectOf(
          {
            right: count('rows that are as they must be'),
            wrong: count('rows that are not'),
            warning: count('rows that are not as one would wish, which is a matter of policy'),
            inconclusive: count('rows of which nothing can be said'),
          },
          { description: 'how many rows have each verdict' },
        ),
        notes: listOf(
          'what is said of an endpoint beside its rows',
          objectOf({
            subject: text("the endpoint's address, as in its rows"),
            text: text('what was looked at, and what was not'),
          }),
        ),
        silent: listOf('addresses of endpoints that gave no answer at all', { type: 'string' }),
        result: {
          enum: ['right', 'wrong', 'no-answer'],
          description:
            'right: everything that must be right is; wrong: something is not, or could not be told; no-answer: an endpoint gave none, and nothing else was wrong',
        },
        command: listOf('the command that made it, a word each', { type: 'string' }),
      },
      { optional: ['notes', 'command'] },
    ),
    definitions: { row: rowSchema(protocols) },
  };
}

function rowSchema(protocols: readonly string[]): JsonSchema {
  return objectOf(
    {
      subject: text(
        "the endpoint's address; set, or its folder, for the set by itself; the client's command",
      ),
      protocol: { enum: [...protocols, 'set', 'client'], description: 'what it was tried by' },
      name: text('what was tried, in words'),
      tls: orNull({
        enum: ['TLSv1.2', 'TLSv1.3'],
        description: 'the version of TLS; null where the case has none',
      }),
      severity: {
        enum: ['must', 'policy'],
        description: 'whether it must be so, or depends on how the endpoint is set up',
      },
      kind: { enum: [...ROW_KINDS], description: 'what came of it, to branch on' },
      expected: text('what must come of it, in words'),
      observed: text('what came of it, in words'),
      by: text('by what it was told, in words: a TLS alert, an HTTP or gRPC status, an error'),
      verdict: { enum: [...VERDICTS], description: 'what it was judged to be' },
      note: text('why, or what it means, in words; empty where the verdict says it all'),
      milliseconds: { type: 'number', minimum: 0, description: 'how long it took' },
      flaw: text('the flaw that was tried'),
      wire: listOf('what crossed the wire, a line for each connection', { type: 'string' }),
    },
    { description: 'one case, and what came of it', optional: ['flaw', 'wire'] },
  );
}
