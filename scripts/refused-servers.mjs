// Writes docs/refused-servers.md: what each client of scripts/clients.mjs does with each bad server.
// Run it after `npm run build`: node scripts/refused-servers.mjs
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateSet, verifyClient } from '../dist/index.mjs';
import { clients, commandOf } from './clients.mjs';

const PYTHON = '/usr/bin/python3';
const set = await createCertificateSet({ key: 'ec-p256', layouts: ['grpc'], untrusted: 'none' });
const folder = mkdtempSync(join(tmpdir(), 'refused-servers-'));
const measured = [];
try {
  for (const client of clients({ python: PYTHON })) {
    const command = commandOf(client, folder);
    if (command === undefined) {
      console.error(`${client.name}: ${client.program} is not installed`);
      continue;
    }
    const { rows } = await verifyClient({ set, command, timeoutMs: 60_000 });
    const control = rows.find(({ name }) => name === 'server right');
    if (control?.verdict !== 'right') throw new Error(`${client.name}: ${control?.observed}, ${control?.by}`);
    measured.push({ client, rows });
    console.error(`${client.name}: done`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
writeFileSync(new URL('../docs/refused-servers.md', import.meta.url), page(measured));

function page(results) {
  const names = results[0].rows.map(({ name }) => name).filter((name) => /^server (?!right)/.test(name));
  return `# Which clients refuse which servers

Made by \`node scripts/refused-servers.mjs\`, which runs \`verify-client\` with each of these clients. *Refused* means that
no request was sent; **accepted** that one was. Measured with ${versions()}. What is accepted in the first table is accepted by a client that is set
up rightly: \`--expect <flaw>=accepted\` is for those. Clients that take a name from the CN do not prove a SAN.

## Clients that check their server

${table(
  names,
  results.filter(({ client }) => client.checks),
)}

## Clients with a hole

${table(
  names,
  results.filter(({ client }) => !client.checks),
)}
`;
}

function versions() {
  const first = (program, ...args) =>
    String(spawnSync(program, args, { encoding: 'utf8' }).stdout).split('\n')[0];
  const number = (text) => /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? '?';
  const found = [
    ['curl', first('curl', '--version')],
    ['wget', first('wget', '--version')],
    ['OpenSSL', first('openssl', 'version')],
    ['Python', first(PYTHON, '--version')],
    ['Node', process.version],
    ['Go', first('go', 'version')],
  ];
  return found.map(([name, text]) => `${name} ${number(text)}`).join(', ');
}

function table(names, results) {
  const cell = (rows, name) => {
    const row = rows.find((candidate) => candidate.name === name);
    return row.observed === 'talked to' ? '**accepted**' : row.observed;
  };
  return [
    `| server | ${results.map(({ client }) => client.name).join(' | ')} |`,
    `| --- |${' --- |'.repeat(results.length)}`,
    ...names.map(
      (name) => `| \`${name.slice(7)}\` | ${results.map(({ rows }) => cell(rows, name)).join(' | ')} |`,
    ),
  ].join('\n');
}
