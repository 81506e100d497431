// Endpoints that attack whoever verifies them: each run ends by itself, says what is right, stays small, and lets nothing
// out that a terminal, a log or a reader of reports would take for more than text.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { XMLValidator } from 'fast-xml-parser';
import { beforeAll, expect, test } from 'vitest';
import { createCertificateSet, writeCertificateSet } from '../../src/index.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { hostileServers, listen } from '../support/hostile-servers.js';
import { EXECUTABLE, runBeside } from '../support/program.js';
import { tally, twoAtATime, WHOLE } from '../support/tally.js';

const counts = tally('hostile endpoints');
const scratch = temporaryFolderForAll();
const folder = join(scratch, 'certs');
let own: TlsOptions;

beforeAll(async () => {
  const set = await createCertificateSet({ layouts: ['grpc'], untrusted: ['unknown-ca'] });
  await writeCertificateSet(set, folder);
  // Without it no more bad clients are made: what these servers do is tried for few.
  rmSync(join(folder, 'authority'), { recursive: true });
  own = { ...set.server.tlsOptions({ clientAuth: 'require' }), ALPNProtocols: ['h2', 'http/1.1'] };
});

type Check = (label: string, stdout: string, junit: string) => void;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there.
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\ufffe\uffff]/;

function isPlain(label: string, stdout: string): void {
  expect([label, CONTROL.exec(stdout)?.index]).toEqual([label, undefined]);
  expect([label, /^\s*(?:::|##\[).*/m.exec(stdout)?.[0]]).toEqual([label, undefined]);
}

const FORMATS: Record<string, { readonly args: readonly string[]; readonly check: Check }> = {
  table: { args: [], check: isPlain },
  JSON: {
    args: ['--json'],
    check: (label, stdout) => {
      expect([label, Array.isArray(JSON.parse(stdout).rows)]).toEqual([label, true]);
      isPlain(label, stdout);
    },
  },
  JUnit: {
    args: ['--junit'],
    check: (label, stdout, junit) => {
      isPlain(label, stdout);
      const xml = readFileSync(junit, 'utf8');
      expect([label, XMLValidator.validate(xml), CONTROL.exec(xml)]).toEqual([label, true, null]);
    },
  },
  Markdown: { args: ['--markdown'], check: isPlain },
};

test('each verifies as what it is', { timeout: 3_600_000 }, async () => {
  let led = 0;
  const elsewhere = await listen({ stage: 'tcp', serve: () => void led++ }, {});
  const servers = hostileServers(`https://localhost:${elsewhere.port}`);
  const formats = Object.entries(FORMATS);
  const tried = servers.filter((_, index) => WHOLE || index % 9 === 0);
  let runs = 0;
  await twoAtATime(tried.entries(), async ([index, server]) => {
    const { port, stop } = await listen(server, own);
    const { protocol, name } = server;
    const address = protocol === 'grpc' ? `localhost:${port}` : `https://localhost:${port}`;
    const chosen = WHOLE ? formats : [formats[index % formats.length] ?? formats[0]];
    for (const format of chosen) {
      if (format === undefined) continue;
      const [title, { args, check }] = format;
      const label = `${protocol}: ${name} (${title})`;
      const junit = join(scratch, `report-${runs++}.xml`);
      const { status, stdout, stderr } = await runBeside(
        process.execPath,
        [
          ...[EXECUTABLE, 'verify', `--${protocol}`, address, '--out', folder, '--timeout', '1s'],
          ...(server.args ?? []),
          ...args.flatMap((arg) => (arg === '--junit' ? [arg, junit] : [arg])),
        ],
        // A bound on what hangs.
        { env: { GITHUB_ACTIONS: 'true', LC_ALL: 'C.UTF-8' }, timeout: 90_000 },
      );
      expect([label, status, stderr]).toEqual([label, expect.any(Number), stderr]);
      expect([label, (server.mayPass ? [0, 1, 3] : [1, 3]).includes(status ?? -1)]).toEqual([label, true]);
      isPlain(label, stderr);
      expect([label, /unexpected|\n {4}at /.exec(stdout + stderr)?.[0]]).toEqual([label, undefined]);
      for (const line of stdout.split('\n')) expect([label, line.length < 5000]).toEqual([label, true]);
      check(label, stdout, junit);
      counts.add(`answers of status ${status}`);
    }
    stop();
    counts.add('endpoints');
  });
  elsewhere.stop();
  expect(led).toBe(0);
  if (WHOLE) expect(counts.of('endpoints')).toBeGreaterThanOrEqual(60);
});
