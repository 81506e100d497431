import { expect } from 'vitest';
import type { VerifyReport } from '../../src/index.js';

/** What a client is known to do: what it accepts at most where it checks its server, and at least where it does not. */
export interface KnownClient {
  readonly checks: boolean;
  readonly accepts: readonly string[];
}

/** Holds what was found of a client against what it is known for. */
export function expectKnown({ rows, result }: VerifyReport, client: KnownClient): void {
  expect(rows.find(({ name }) => name === 'server right')).toMatchObject({ verdict: 'right' });
  const holes = rows
    .filter(
      ({ name, verdict, severity }) => name !== 'server right' && verdict === 'wrong' && severity === 'must',
    )
    .map(({ name }) => name.replace(/^server /, ''));
  if (client.checks) expect(client.accepts).toEqual(expect.arrayContaining(holes));
  else {
    expect(holes).toEqual(expect.arrayContaining([...client.accepts]));
    expect(result).toBe('wrong');
  }
}
