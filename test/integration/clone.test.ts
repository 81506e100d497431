// What a new user does: a fresh clone, the first of the README's two commands, and a look at what it made.
// (The second is the test command itself, which .ci/run calls.)
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyCheckout } from '../support/checkout.js';
import { temporaryFolder } from '../support/folder.js';
import { ownCache } from '../support/package.js';
import { commandsOf } from '../support/pages.js';
import { runBeside } from '../support/program.js';

test('a fresh clone: npm ci && npx generate-certs, and a short bench', { timeout: 300_000 }, async () => {
  const folder = temporaryFolder();
  copyCheckout(folder);
  const commands = commandsOf('sh clone');
  for (const tried of ['npm ci && npx generate-certs', 'npm cit', 'npm run bench']) {
    expect(commands).toContain(tried);
  }
  const env = { ...ownCache(), npm_config_audit: 'false', npm_config_fund: 'false' };
  const made = await runBeside('sh', ['-c', 'npm ci && npx generate-certs'], { cwd: folder, env });
  expect(made.stderr).not.toMatch(/npm error/);
  expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining('made a set in certs (ends ') });
  expect(readdirSync(join(folder, 'certs')).sort()).toEqual([
    ...['.gitignore', 'authority', 'ca.pem', 'grpc', 'nginx', 'set.json'],
  ]);
  const bench = await runBeside('npm', ['run', 'bench', '--', '--runs', '1', '--quick'], {
    cwd: folder,
    env,
  });
  expect(bench).toMatchObject({ status: 0, stdout: expect.stringContaining('default set (rsa-2048)') });
});
