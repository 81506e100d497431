// The container's case: root made the set and gave the server's key to user 5000, who serves with it and may not write.
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { startFront } from '../support/front.js';
import { generateCerts, run, runBeside } from '../support/program.js';

// Needs root, who alone can give a key away and run something as another user.
const possible = process.getuid?.() === 0 && inject('tools').nginx && run('which', ['setpriv']).status === 0;

test.skipIf(!possible)(
  'a set of root with --owner 5000 is served by that user, and said not to be renewed',
  async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const out = join(folder, 'certs');
    expect(generateCerts(['-l', 'nginx', '--owner', '5000', '-o', out, '-q']).status).toBe(0);
    // What a client has is not for the server's user; this test's client is root.
    mkdirSync(join(folder, 'tmp'));
    chmodSync(join(folder, 'tmp'), 0o1777);
    const before = readFileSync(join(out, 'set.json'), 'utf8');
    const prefix = ['setpriv', '--reuid=5000', '--regid=5000', '--clear-groups'];
    const front = await startFront({ folder, out, prefix });
    onTestFinished(() => front.process.stop());
    expect(front.process.output()).toContain('it is used as it is, and not renewed');
    const url = `https://localhost:${front.rest}/v2/health/live`;
    const curl = (...client: string[]) =>
      runBeside('curl', [
        '-sS',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '--cacert',
        join(out, 'ca.pem'),
        ...client,
        url,
      ]);
    const alice = await curl('--cert', join(out, 'client.pem'), '--key', join(out, 'client.key'));
    expect(alice).toMatchObject({ status: 0, stdout: '200' });
    expect((await curl()).stdout).toBe('400');
    expect(readFileSync(join(out, 'set.json'), 'utf8')).toBe(before);
    expect(statSync(join(out, 'server.key')).uid).toBe(5000);
  },
);
