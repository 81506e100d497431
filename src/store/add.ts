import type { ClientCredential, ServerCredential } from '../pki/credential.js';
import type { SignedRequest, SignOptions } from '../pki/sign-options.js';
import type { ChangeOptions, ServersOption } from '../request/options.js';
import { listServers } from '../request/parse.js';
import { readList, readOptions } from '../util/options.js';
import { addToSet, type ChangeResult } from './change.js';

/**
 * Makes more clients of the CA of the set in a folder, and writes them into all its layouts. What is
 * there already is not touched.
 *
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet} and `set.issueClient`;
 * `ERR_FILE_IN_THE_WAY` where a file that is not this program's has the name of a client's
 * @example
 * ```ts
 * await addClients('certs', ['bob', 'carol@example.test']);
 * ```
 */
export async function addClients(
  folder: string,
  identities: readonly string[],
  options: ChangeOptions = {},
): Promise<ChangeResult & { clients: readonly ClientCredential[] }> {
  let clients: readonly ClientCredential[] = [];
  const result = await addToSet(folder, options, async (set) => {
    clients = await set.issueClients(identities);
  });
  return { ...result, clients };
}

/**
 * Makes more servers of the CA of the set in a folder, and writes them into its layouts. What is there already is not
 * touched.
 *
 * @param servers as the option of {@link createCertificateSet}
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet} and `set.issueServer`; `ERR_FILE_IN_THE_WAY`
 * @example
 * ```ts
 * await addServers('certs', { db: ['db.test', 'localhost'] });
 * await addServers('certs', ['queue=queue.test']);
 * ```
 */
export async function addServers(
  folder: string,
  servers: ServersOption,
  options: ChangeOptions = {},
): Promise<ChangeResult & { servers: readonly ServerCredential[] }> {
  return addNodes('server', folder, servers, options);
}

/**
 * As {@link addServers}, for parties that are server and client at once.
 *
 * @example
 * ```ts
 * await addPeers('certs', { 'node-4': ['node-4.test', 'localhost'] });
 * ```
 */
export async function addPeers(
  folder: string,
  peers: ServersOption,
  options: ChangeOptions = {},
): Promise<ChangeResult & { servers: readonly ServerCredential[] }> {
  return addNodes('peer', folder, peers, options);
}

async function addNodes(
  role: 'server' | 'peer',
  folder: string,
  nodes: ServersOption,
  options: ChangeOptions,
): Promise<ChangeResult & { servers: readonly ServerCredential[] }> {
  const asked = listServers(role, nodes);
  let servers: readonly ServerCredential[] = [];
  const result = await addToSet(folder, options, async (set) => {
    servers = await (role === 'server' ? set.issueServers(asked) : set.issuePeers(asked));
  });
  return { ...result, servers };
}

/**
 * Certifies keys that others hold, by the CA of the set in a folder, and writes the certificates into its layouts.
 *
 * @param requests PKCS #10 in PEM or DER; all are signed or, where one is refused, none
 * @throws {@link GenerateCertsError} as {@link loadCertificateSet} and `set.sign`; `ERR_FILE_IN_THE_WAY`
 * @example
 * ```ts
 * const make = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=dora'];
 * const request = execFileSync('openssl', make, { stdio: ['ignore', 'pipe', 'ignore'] });
 * await ensureCertificateSet('certs');
 * const { signed } = await signRequests('certs', [request]);
 * console.log(signed[0]?.leftOut);
 * ```
 */
export async function signRequests(
  folder: string,
  requests: readonly (string | Uint8Array)[],
  options: ChangeOptions & SignOptions = {},
): Promise<ChangeResult & { signed: readonly SignedRequest[] }> {
  const known = ['as', 'name', 'lockTimeout', 'signal', 'password'];
  const { as, name, ...changeOptions } = readOptions(options, known, "{ as: 'client' }");
  const asked = readList('the list of requests', requests, "[readFileSync('alice.csr')]");
  const signed: SignedRequest[] = [];
  const result = await addToSet(folder, changeOptions, async (set) => {
    for (const request of asked) signed.push(await set.sign(request as Uint8Array, { as, name }));
  });
  return { ...result, signed };
}
