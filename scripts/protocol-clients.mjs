// Clients of databases, brokers and mail as people run them, each a command for `verify-client --protocol`: those that check
// their server, and those with a hole. The tests run them, and scripts/refused-servers.mjs writes docs/refused-servers.md
// from them.

const NAMES = ['wrong-name', 'cn-only', 'wildcard-too-wide', 'address-as-dns'];
const CHAIN = [
  ...['unknown-ca', 'self-signed', 'expired', 'not-yet-valid', 'tampered', 'critical-extension'],
  ...['wrong-usage', 'issued-by-server', 'no-server-key-usage'],
];

const psql = (mode) => [
  // What the user has for every server would be trusted too.
  ...['env', 'PGSSLROOTCERT=/nonexistent/root.crt', 'psql', '-Atc', 'select 1'],
  ...['-d', `host={host} port={port} user=alice dbname=postgres sslmode=${mode}`],
];
const redisCli = (...how) => ['redis-cli', '-h', '{host}', '-p', '{port}', '--tls', ...how, 'ping'];
const mariadb = (...how) => [
  ...['mysql', '--no-defaults', '-h', '{host}', '--protocol', 'tcp', '-P', '{port}', '-u', 'alice'],
  ...['--ssl', '--ssl-ca={ca}', ...how, '-e', 'select 1'],
];
const publish = (...how) => [
  ...['mosquitto_pub', '-h', '{host}', '-p', '{port}', '--cafile', '{ca}', ...how, '-t', 'a', '-m', 'b'],
];
const mail = (...how) => [
  ...['curl', '-sS', '--cacert', '{ca}', ...how, '{url}', '--mail-from', 'a@b.test'],
  ...['--mail-rcpt', 'c@d.test', '-T', 'package.json'],
];

/** What each accepts is what must be refused and is not: exactly that. */
export function protocolClients() {
  const right = [
    {
      name: 'psql sslmode=verify-full',
      protocol: 'postgres',
      accepts: ['cn-only', 'address-as-dns'],
      program: 'psql',
      command: psql('verify-full sslrootcert={ca} sslcert={cert} sslkey={key}'),
    },
    {
      name: 'mysql --ssl-verify-server-cert',
      protocol: 'mysql',
      accepts: ['cn-only', 'address-as-dns'],
      program: 'mysql',
      command: mariadb('--ssl-verify-server-cert'),
    },
    {
      name: 'mosquitto_pub',
      protocol: 'mqtt',
      accepts: ['cn-only', 'wildcard-too-wide', 'address-as-dns'],
      program: 'mosquitto_pub',
      command: publish(),
    },
    {
      name: 'curl smtp --ssl-reqd',
      protocol: 'smtp',
      accepts: ['cn-only'],
      program: 'curl',
      command: mail('--ssl-reqd'),
    },
    { name: 'curl smtps', protocol: 'smtps', accepts: ['cn-only'], program: 'curl', command: mail() },
  ];
  const wrong = [
    {
      name: 'psql sslmode=require',
      protocol: 'postgres',
      accepts: [...CHAIN, ...NAMES],
      program: 'psql',
      command: psql('require'),
    },
    {
      name: 'psql sslmode=prefer',
      protocol: 'postgres',
      accepts: [...CHAIN, ...NAMES, 'no-tls'],
      program: 'psql',
      command: psql('prefer'),
    },
    {
      name: 'redis-cli',
      protocol: 'redis',
      accepts: NAMES,
      program: 'redis-cli',
      command: redisCli('--cacert', '{ca}', '--cert', '{cert}', '--key', '{key}'),
    },
    {
      name: 'redis-cli --insecure',
      protocol: 'redis',
      accepts: [...CHAIN, ...NAMES],
      program: 'redis-cli',
      command: redisCli('--insecure'),
    },
    {
      name: 'mysql --ssl-ca',
      protocol: 'mysql',
      accepts: [...NAMES, 'no-tls'],
      program: 'mysql',
      command: mariadb(),
    },
    {
      name: 'mosquitto_pub --insecure',
      protocol: 'mqtt',
      accepts: NAMES,
      program: 'mosquitto_pub',
      command: publish('--insecure'),
    },
    {
      name: 'curl smtp --ssl',
      protocol: 'smtp',
      accepts: ['cn-only', 'no-tls'],
      program: 'curl',
      command: mail('--ssl'),
    },
  ];
  return [
    ...right.map((client) => ({ ...client, checks: true })),
    ...wrong.map((client) => ({ ...client, checks: false })),
  ];
}
