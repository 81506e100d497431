import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { type LaidOut, layOut, listening, REFUSED } from '../support/layouts.js';
import { freePort, type RunningProcess, start } from '../support/processes.js';

const { nats, natsServer } = inject('field');

describe.runIf(nats !== '' && natsServer)('the command line of NATS with the layout nats', () => {
  const folder = temporaryFolderForAll();
  let port: number;
  let set: LaidOut;
  let server: RunningProcess;

  beforeAll(async () => {
    port = await freePort();
    set = layOut('nats', join(folder, 'certs'));
    const config = join(folder, 'nats.conf');
    writeFileSync(config, set.printed('nats.conf (').join('\n'));
    server = start('nats-server', ['-c', config, '-a', '127.0.0.1', '-p', String(port)]);
    await listening(server, port);
  });
  afterAll(() => server?.stop());

  const prove = (party: string) =>
    set.prove(
      (line) =>
        line
          .replace(/^nats/, `'${nats}'`)
          .replace(':4222', `:${port}`)
          .replace(/alice(?=\/client-)/g, party),
      { HOME: folder },
    );

  test('is let in by the printed line', () => {
    expect(prove('alice')).toMatchObject({ status: 0, stdout: expect.stringContaining('OK Connection') });
  });

  test.each(REFUSED)('is refused as a client that is %s', (flaw) => {
    const { status, stdout } = prove(`untrusted-${flaw}`);
    expect([status, stdout]).toEqual([2, expect.stringContaining('CRITICAL')]);
  });
});
