// Clients as people write them, each a command for `verify-client`: those that check their server, and those with a
// hole. The tests run them, and scripts/refused-servers.mjs writes docs/refused-servers.md from them.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const GO = (config) => `package main
import ("crypto/tls"; "crypto/x509"; "io"; "net/http"; "os"; "fmt")
func main() {
  pem, _ := os.ReadFile(os.Getenv("GENERATE_CERTS_CA"))
  pool := x509.NewCertPool()
  pool.AppendCertsFromPEM(pem)
  config := &tls.Config{${config}}
  client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
  response, err := client.Get(os.Getenv("GENERATE_CERTS_URL"))
  if err != nil { fmt.Fprintln(os.Stderr, "error:", err); os.Exit(1) }
  io.ReadAll(response.Body)
  _ = pool
}
`;

const PYTHON = (context) => `
import os, ssl, urllib.request
context = ${context}
urllib.request.urlopen(os.environ['GENERATE_CERTS_URL'], context=context).read()
`;
const WITHOUT_NAME = `
import os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ['GENERATE_CERTS_CA'])
context.check_hostname = False
urllib.request.urlopen(os.environ['GENERATE_CERTS_URL'], context=context).read()
`;
const REQUESTS = (verify) => `
import os, requests
requests.get(os.environ['GENERATE_CERTS_URL'], verify=${verify})
`;

// Without something to send, s_client proves nothing: it ends with its input.
const S_CLIENT = `
import os, subprocess, sys
host, port, ca = (os.environ['GENERATE_CERTS_' + name] for name in ('HOST', 'PORT', 'CA'))
name = '-verify_ip' if host[0].isdigit() else '-verify_hostname'
command = ['openssl', 's_client', '-quiet', '-verify_return_error', name, host, '-CAfile', ca, '-connect', host + ':' + port]
sys.exit(subprocess.run(command, input=b'GET / HTTP/1.0\\r\\n\\r\\n').returncode)
`;

const NODE = (options) => `
const { readFileSync } = require('node:fs');
const https = require('node:https');
const tls = require('node:tls');
const ca = readFileSync(process.env.GENERATE_CERTS_CA);
https.get(process.env.GENERATE_CERTS_URL, { agent: false, ${options} }, (response) => response.resume())
  .on('error', (error) => { console.error('error:', error.code); process.exitCode = 1; });
`;
/** Checks the name by itself, after it has sent its request to whoever signed for it. */
const NAME_ALONE = `
const tls = require('node:tls');
const { GENERATE_CERTS_HOST: host, GENERATE_CERTS_PORT: port } = process.env;
const servername = host === 'localhost' ? host : '';
const socket = tls.connect({ host, port, servername, rejectUnauthorized: false }, () => {
  const problem = tls.checkServerIdentity(host, socket.getPeerCertificate());
  if (problem) { console.error('error:', problem.code); process.exitCode = 1; socket.destroy(); }
  else socket.end('GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n');
});
socket.on('data', () => undefined).on('error', () => { process.exitCode = 1; });
`;
const FETCH = `
fetch(process.env.GENERATE_CERTS_URL).then((response) => response.text()).catch((error) => {
  console.error('error:', error.cause?.code ?? error.message);
  process.exitCode = 1;
});
`;

const NAMES = ['wrong-name', 'cn-only', 'wildcard-too-wide', 'address-as-dns'];
const CHAIN = [
  'unknown-ca',
  'self-signed',
  'expired',
  'not-yet-valid',
  'wrong-usage',
  'tampered',
  'critical-extension',
];
const EVERYTHING = [...CHAIN, ...NAMES, 'issued-by-server', 'no-server-key-usage'];

/** @param {{ python: string }} tools the Python that has requests */
export function clients({ python }) {
  const node = process.execPath;
  const right = [
    {
      name: 'curl',
      accepts: ['cn-only'],
      program: 'curl',
      command: ['curl', '-sS', '--cacert', '{ca}', '{url}'],
    },
    {
      name: 'wget',
      accepts: ['cn-only', 'wrong-usage', 'no-server-key-usage'],
      program: 'wget',
      command: ['wget', '-nv', '--tries=1', '-O', '/dev/null', '--ca-certificate={ca}', '{url}'],
    },
    { name: 'openssl s_client', accepts: ['cn-only'], program: 'openssl', command: [python, '-c', S_CLIENT] },
    {
      name: 'Python ssl',
      accepts: ['cn-only'],
      program: python,
      command: [python, '-c', PYTHON("ssl.create_default_context(cafile=os.environ['GENERATE_CERTS_CA'])")],
    },
    {
      name: 'Python requests',
      accepts: ['cn-only'],
      program: python,
      command: [python, '-c', REQUESTS("os.environ['GENERATE_CERTS_CA']")],
    },
    { name: 'Node https', accepts: ['cn-only'], program: node, command: [node, '-e', NODE('ca')] },
    {
      name: 'Node fetch',
      accepts: ['cn-only'],
      program: node,
      command: ['env', 'NODE_EXTRA_CA_CERTS={ca}', node, '-e', FETCH],
    },
    goClient('Go net/http', ['no-server-key-usage'], 'RootCAs: pool'),
  ];
  const wrong = [
    { name: 'curl -k', accepts: EVERYTHING, program: 'curl', command: ['curl', '-sSk', '{url}'] },
    {
      name: 'wget --no-check-certificate',
      accepts: EVERYTHING,
      program: 'wget',
      command: ['wget', '-nv', '--tries=1', '-O', '/dev/null', '--no-check-certificate', '{url}'],
    },
    {
      name: 'requests verify=False',
      accepts: EVERYTHING,
      program: python,
      command: [python, '-W', 'ignore', '-c', REQUESTS('False')],
    },
    {
      name: 'Python check_hostname = False',
      accepts: NAMES,
      program: python,
      command: [python, '-c', WITHOUT_NAME],
    },
    {
      name: 'Node rejectUnauthorized: false',
      accepts: EVERYTHING,
      program: node,
      command: [node, '-e', NODE('rejectUnauthorized: false')],
    },
    { name: 'Node, the name alone', accepts: CHAIN, program: node, command: [node, '-e', NAME_ALONE] },
    goClient('Go InsecureSkipVerify', EVERYTHING, 'InsecureSkipVerify: true'),
  ];
  return [
    ...right.map((client) => ({ ...client, checks: true })),
    ...wrong.map((client) => ({ ...client, checks: false })),
  ];
}

function goClient(name, accepts, config) {
  return { name, accepts, program: 'go', command: ['{go}', '{url}'], source: GO(config) };
}

/** @param {string} program */
export function isInstalled(program) {
  return program !== '' && !spawnSync(program, [program === 'go' ? 'version' : '--version']).error;
}

/**
 * The client's command, compiled into a folder where it must be; nothing where its program is not installed.
 *
 * @param {{ program: string, command: readonly string[], source?: string }} client
 * @param {string} folder
 */
export function commandOf({ program, command, source }, folder) {
  if (!isInstalled(program)) return undefined;
  if (source === undefined) return command;
  const [file, built] = [join(folder, 'main.go'), join(folder, 'client')];
  writeFileSync(file, source);
  const env = { ...process.env, GO111MODULE: 'off' };
  const { status, stderr } = spawnSync('go', ['build', '-o', built, file], { env });
  if (status !== 0) throw new Error(String(stderr));
  return command.map((word) => (word === '{go}' ? built : word));
}
