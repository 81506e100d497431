// Writes docs/refused-servers.md: what each client of scripts/clients.mjs, scripts/more-clients.mjs and
// scripts/protocol-clients.mjs does with each bad server. Run it after `npm run build`: node scripts/refused-servers.mjs [python with the grpcio wheel]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateSet, verifyClient } from '../dist/index.mjs';
import { clients, commandOf, isInstalled } from './clients.mjs';
import { moreClients } from './more-clients.mjs';
import { protocolClients } from './protocol-clients.mjs';

const PYTHON = '/usr/bin/python3';
const [, , wheelPython] = process.argv;
const PYTHONS = [
  { form: 'C-core on OpenSSL', python: PYTHON },
  ...(wheelPython === undefined ? [] : [{ form: 'C-core on BoringSSL', python: wheelPython }]),
];
const MOST_COLUMNS = 8;

const set = await createCertificateSet({ key: 'ec-p256', layouts: ['grpc'], untrusted: 'none' });
const folder = mkdtempSync(join(tmpdir(), 'refused-servers-'));
const measured = [];
try {
  const all = [...clients({ python: PYTHON }), ...moreClients({ pythons: PYTHONS }), ...protocolClients()];
  for (const client of all) {
    if (!isInstalled(client.program)) {
      console.error(`${client.name}: ${client.program} is not installed`);
      continue;
    }
    const own = mkdtempSync(join(folder, 'client-'));
    const command = client.build?.(own) ?? commandOf(client, own);
    const { protocol } = client;
    const { rows } = await verifyClient({ set, command, protocol, timeoutMs: 60_000 });
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

${tables(
  names,
  results.filter(({ client }) => client.checks && client.protocol === undefined),
)}

What some of them say to a server that they refuse, as TLS alerts; *hangs up* is without one:

${table(
  names,
  results.filter(({ client }) => client.checks && client.protocol === undefined).slice(0, MOST_COLUMNS),
  alertOf,
)}

## Clients with a hole

A client that checks its server for another name than it is led to is told so, whatever it refuses: **another name**.

${tables(
  names,
  results.filter(({ client }) => !client.checks && client.protocol === undefined),
)}

## Clients of databases, brokers and mail

By \`verify-client --protocol\`; \`psql\`'s default is \`sslmode=prefer\`.

${tables(
  names,
  results.filter(({ client }) => client.protocol !== undefined),
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
    ['Java', first('java', '--version')],
    ['Rust', first('rustc', '--version')],
    ['GnuTLS', first('gnutls-cli', '--version')],
    ['psql', first('psql', '--version')],
    ['redis-cli', first('redis-cli', '--version')],
    ["MariaDB's client", first('mysql', '--version').replace(/^.*Distrib /, '')],
    ['Mosquitto', first('mosquitto_pub', '--version')],
  ];
  for (const { form, python } of PYTHONS) {
    found.push([`gRPC ${form}`, first(python, '-c', 'import grpc; print(grpc.__version__)')]);
  }
  return found.map(([name, text]) => `${name} ${number(text)}`).join(', ');
}

/** Tables that fit a page. */
function tables(names, results) {
  const parts = [];
  for (let begin = 0; begin < results.length; begin += MOST_COLUMNS) {
    parts.push(table(names, results.slice(begin, begin + MOST_COLUMNS)));
  }
  return parts.join('\n\n');
}

function verdictOf(row) {
  if (/asks for .* where it is led to/.test(row.note)) return '**another name**';
  return row.observed === 'talked to' ? '**accepted**' : row.observed;
}

function alertOf({ observed, by }) {
  if (observed === 'talked to') return '–';
  if (by.startsWith('this version of TLS is not spoken')) return 'no version in common';
  return /^TLS alert ([^,]+)/.exec(by)?.[1] ?? 'hangs up';
}

function table(names, results, cellOf = verdictOf) {
  const cell = (rows, name) => cellOf(rows.find((candidate) => candidate.name === name));
  return [
    `| server | ${results.map(({ client }) => client.name).join(' | ')} |`,
    `| --- |${' --- |'.repeat(results.length)}`,
    ...names.map(
      (name) => `| \`${name.slice(7)}\` | ${results.map(({ rows }) => cell(rows, name)).join(' | ')} |`,
    ),
  ].join('\n');
}
