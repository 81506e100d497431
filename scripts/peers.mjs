// Makes docs/peers.md: what this program and its peers make, from runs of all of them on this machine.
//
//   node scripts/peers.mjs [--runs 5] [--print]
//
// The peers are put into ~/.cache/generate-certs-field. Build first.
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { arch, cpus, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../bench/measure.mjs';
import { ABSENT, call, PEERS } from './peers/programs.mjs';

const PAGE = fileURLToPath(new URL('../docs/peers.md', import.meta.url));
const MANY = { 'generate-certs': 1000, trustme: 1000, mkcert: 50, step: 50, selfsigned: 20 };
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, print: { type: 'boolean' } },
});
const runs = Number(values.runs);

const scratch = mkdtempSync(join(tmpdir(), 'generate-certs-peers-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;
function newFolder() {
  const folder = join(scratch, `run-${folders++}`);
  mkdirSync(folder);
  return folder;
}

const cacheOf = ({ name }) =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'generate-certs-field', `peer-${name}`);
const absent = { ...ABSENT };
const here = PEERS.filter((peer) => {
  try {
    if (peer.install !== undefined && !existsSync(cacheOf(peer))) peer.install(cacheOf(peer));
    peer.found = peer.version(cacheOf(peer));
    return true;
  } catch (error) {
    absent[peer.name] = error.message;
    return false;
  }
});

/** What an openssl command says of a file. */
const openssl = (...args) => spawnSync('openssl', args, { encoding: 'utf8' });
const modeOf = (path) => (statSync(path).mode & 0o777).toString(8).padStart(4, '0');
const filesBelow = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

/** Runs what a peer is asked for, and looks at what it leaves; nothing where it has no such thing. */
function asked(peer, what, look) {
  if (peer[what] === undefined) return '–';
  const folder = newFolder();
  const [program, ...args] = peer[what](folder, cacheOf(peer));
  call(program, args);
  return look(folder, peer) ? 'yes' : 'NO';
}

const certificatesIn = (path) =>
  (readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
const span = (days) =>
  days >= 3650 ? `${Math.round(days / 365.25)} years` : days === 1 ? 'a day' : `${days} days`;
const daysOf = ({ validFrom, validTo }) =>
  Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 8640_0000);
const holds = (pattern) => (folder) =>
  filesBelow(folder).some((path) => statSync(path).isFile() && pattern.test(readFileSync(path, 'latin1')));

const LOOKS = {
  expired: (folder, { expiredFile = 'server.pem' }) =>
    Date.parse(certificatesIn(join(folder, expiredFile))[0].validTo) < Date.now(),
  // The leaf's issuer is no root: it stands in the leaf's file, and another has signed it.
  intermediate: (folder) => {
    const [leaf, issuer] = certificatesIn(join(folder, 'server.pem'));
    return leaf.checkIssued(issuer) && issuer.issuer !== issuer.subject;
  },
  pkcs12: (folder) => filesBelow(folder).some((path) => path.endsWith('.p12')),
  revocationList: holds(/BEGIN X509 CRL/),
};

function featuresOf(peer) {
  const folder = newFolder();
  const cache = cacheOf(peer);
  const [program, ...args] = peer.make(folder, 1, cache);
  call(program, args);
  const file = (name) => join(folder, name);
  const ca = file(peer.ca ?? 'ca.pem');
  const [server] = certificatesIn(file('server.pem'));
  const [client] = certificatesIn(file('client-0.pem'));
  const usages = (client.keyUsage ?? []).map(
    (id) =>
      ({
        '1.3.6.1.5.5.7.3.1': 'server',
        '1.3.6.1.5.5.7.3.2': 'client',
        '1.3.6.1.5.5.7.3.3': 'code signing',
        '1.3.6.1.5.5.7.3.4': 'e-mail',
      })[id] ?? id,
  );
  const strict = (purpose, path) =>
    openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', ca, '-untrusted', path, path).status ===
    0;
  return {
    version: peer.found,
    'leaf key':
      server.publicKey.asymmetricKeyType === 'ec'
        ? 'EC P-256'
        : `RSA ${server.publicKey.asymmetricKeyDetails.modulusLength}`,
    'mode of a key': peer.writesNothing ? 'writes none' : modeOf(file('server.key')),
    "the CA's key": peer.writesNothing ? 'writes none' : modeOf(file(peer.caKey ?? 'ca.key')),
    'lifetime of a leaf': span(daysOf(server)),
    'of the CA': span(daysOf(certificatesIn(ca)[0])),
    "the server's names": server.subjectAltName ?? '–',
    "a client's usages": usages.join(' and ') || 'any',
    'passes `openssl verify -x509_strict`':
      strict('sslserver', file('server.pem')) && strict('sslclient', file('client-0.pem')) ? 'yes' : 'no',
    'an expired certificate': asked(peer, 'expired', LOOKS.expired),
    'an intermediate CA': asked(peer, 'intermediate', LOOKS.intermediate),
    'PKCS #12': asked(peer, 'pkcs12', LOOKS.pkcs12),
    'a revocation list': asked(peer, 'revocationList', LOOKS.revocationList),
  };
}

/** The processor's milliseconds that a command takes, with its threads and the processes that it starts. */
function processorTime(command) {
  const script = 'TIMEFORMAT="%U %S"; time "$@"';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return (user + system) * 1000;
}

/** The median of each peer, in turns; a first round is not counted. */
function timed(commandOf, peers, times) {
  const taken = new Map(peers.map(({ name }) => [name, []]));
  for (let run = 0; run <= times; run++) {
    for (const peer of peers) {
      const ms = processorTime(commandOf(peer, cacheOf(peer)));
      if (run > 0) taken.get(peer.name).push(ms);
    }
  }
  return Object.fromEntries([...taken].map(([name, all]) => [name, median(all)]));
}

const features = new Map(here.map((peer) => [peer.name, featuresOf(peer)]));
const first = timed((peer, cache) => peer.make(newFolder(), 1, cache), here, runs);
const added = here.filter(({ add }) => add !== undefined);
const bases = new Map(
  added.map((peer) => {
    const folder = newFolder();
    const [program, ...args] = peer.make(folder, 1, cacheOf(peer));
    call(program, args);
    return [peer.name, folder];
  }),
);
const one = timed((peer, cache) => peer.add(bases.get(peer.name), cache, `more-${folders++}`), added, runs);
const each = Object.fromEntries(
  here.map((peer) => {
    const count = MANY[peer.name];
    return [peer.name, processorTime(peer.make(newFolder(), count, cacheOf(peer))) / count];
  }),
);

const row = (cells) => `| ${cells.join(' | ')} |`;
const names = here.map(({ name }) => name);
const table = (head, lines) => [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
const us = 'generate-certs';
const ratios = (title, times) => [
  title,
  ...names.map((name) =>
    times[name] === undefined
      ? '–'
      : name === us
        ? `${times[name].toFixed(times[name] < 20 ? 2 : 0)} ms`
        : (times[name] / times[us]).toFixed(2),
  ),
];
const labels = Object.keys(features.get(us));
const date = new Date().toISOString().slice(0, 10);
const versions = `Node ${process.version}, ${openssl('version').stdout.split(' ').slice(0, 2).join(' ')}, ${cpus().length} cores, ${process.platform} ${arch()}`;

const page = `# Peers

Other programs that make certificates for tests, beside this one. \`node scripts/peers.mjs\` made this page on ${date} by running
them (${versions}). A dash is what the
program was not asked for, because neither its help nor its documentation has it.

${table(
  ['', ...names],
  labels.map((label) => [label, ...names.map((name) => features.get(name)[label])]),
)}

None of the others has, by its help and documentation: clients and servers that are wrong in one thing each
([refused clients](refused-clients.md), [refused servers](refused-servers.md)), [layouts](layouts.md) for programs, and
[\`verify\`](verify.md), which proves an endpoint with them. step's server, step-ca, keeps revocation lists; it was not run.
trustme and selfsigned are libraries for one language; here a small program calls them.

## Speed

The processor's milliseconds that this program takes, with all its threads and files, and how many times as long the others
take; medians of ${runs} whole processes, in turns. The time on the clock depends on what else the machine does: [the
bench](../bench/RESULTS.md) has it.

${table(
  ['', ...names],
  [
    ratios('a CA, a server and a client', first),
    ratios('one more client', one),
    ratios('a client among many', each),
  ],
)}

"Among many" is one run of each: ${names.map((name) => `${MANY[name]} clients with ${name}`).join(', ')}, divided by their number.
mkcert and step start a process for each. selfsigned makes RSA keys, the others EC keys.

## Not run

${table(['program', 'why'], Object.entries(absent))}
`;
if (values.print) process.stdout.write(page);
else writeFileSync(PAGE, page);
