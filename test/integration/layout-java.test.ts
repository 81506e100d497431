import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolderForAll } from '../support/folder.js';
import { refusals } from '../support/layout-refusals.js';
import { type LaidOut, layOut, REFUSED } from '../support/layouts.js';
import { type RunningProcess, start } from '../support/processes.js';
import { REPOSITORY, run } from '../support/program.js';
import { refusalOf } from '../support/refusal.js';

const tools = inject('tools');
const SOURCE = join(REPOSITORY, 'test', 'support', 'JsseMutualTls.java');

describe.runIf(tools.java && tools.keytool)('Java with the layout java', () => {
  const folder = temporaryFolderForAll();
  let set: LaidOut;
  let server: RunningProcess;
  let port: string;

  /** The options of a party, as they were written. */
  const optionsOf = (party: string) => {
    const file = join(folder, `${party}.options`);
    writeFileSync(file, set.written(party, 'java.options'));
    return `@${file}`;
  };

  beforeAll(async () => {
    set = layOut('java', join(folder, 'certs'));
    expect(run('javac', ['-d', folder, SOURCE]).status).toBe(0);
    server = start('java', [optionsOf('server'), '-cp', folder, 'JsseMutualTls', 'serve']);
    [, port = ''] = await server.said(/port (\d+)/);
  });
  afterAll(() => server?.stop());

  const ask = (...options: string[]) =>
    run('java', [...options, '-cp', folder, 'JsseMutualTls', 'connect', port]);

  test('lets in the valid client, with the printed options too', () => {
    const printed = join(folder, 'printed.options');
    writeFileSync(printed, `${set.printed('options of a client').join('\n')}\n`);
    for (const options of [optionsOf('alice'), `@${printed}`]) {
      expect(ask(options)).toEqual({ status: 0, stdout: 'CN=alice\n', stderr: '' });
    }
  });

  test.each(refusals('java'))('says why it refuses a client: %s, %s', async (of, reason) => {
    const names = { ca: 'ca.crt', cert: 'tls.crt', key: 'tls.key' };
    await refusalOf({ port: Number(port), ...set.caller(of, names) });
    await server.said(new RegExp(`refused: .*${reason}`));
  });

  test('lets in a revoked client: it reads no revocation list', () => {
    expect(ask(optionsOf('untrusted-revoked')).stdout).toContain('CN=alice');
  });

  test.each(REFUSED)('refuses a client that is %s', (flaw) => {
    const party = `untrusted-${flaw}`;
    const { status, stdout } = ask(optionsOf(party));
    expect(stdout).not.toContain('CN=');
    expect(status).toBe(1);
  });

  test('refuses a client without a certificate', () => {
    const trust = ['trustStore', 'trustStoreType', 'trustStorePassword'];
    const options = set
      .printed('options of a client')
      .filter((line) => trust.some((name) => line.includes(`ssl.${name}=`)));
    const file = join(folder, 'none.options');
    writeFileSync(file, `${options.join('\n')}\n`);
    expect(ask(`@${file}`).stdout).not.toContain('CN=');
  });

  test('the truststore has the CA as a trusted entry, and the keystore the key', () => {
    const list = (name: string) =>
      run('keytool', ['-list', '-keystore', set.file('alice', name), '-storepass', 'changeit']).stdout;
    expect(list('truststore.p12')).toContain('trustedCertEntry');
    expect(list('keystore.p12')).toContain('PrivateKeyEntry');
  });
});
