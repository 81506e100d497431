import { join } from 'node:path';
import fs from 'fs-extra';
import { createCertificateSet } from '../store/create.js';
import type { TlsFiles } from './known-servers.js';
import type { BackendTls } from './nginx/nginx-config.js';

/** The certificates of the hop between NGINX and the server: of a CA that issues no other certificate. */
export interface BackendCredentials {
  /** What NGINX comes with and trusts. */
  readonly nginx: BackendTls;
  /** What the server is given. */
  readonly server: TlsFiles;
}

const NAME = 'localhost';
const NGINX = 'nginx-front';
/**
 * The server reads its certificate when it starts and never again, so that this one is not renewed: as long a
 * life as a set may have.
 */
const LIFE = '30d';

/**
 * Makes the certificates of the hop behind NGINX and writes them into its private folder. The CA's key is
 * written nowhere: no other client can ever be let in.
 */
export async function makeBackendCredentials(parent: string): Promise<BackendCredentials> {
  const set = await createCertificateSet({
    names: [NAME],
    // Native gRPC TLS takes every type: the one that is quickest to make.
    key: 'ec-p256',
    clients: [NGINX],
    untrusted: 'none',
    validFor: LIFE,
  });
  const folder = join(parent, 'backend');
  await fs.mkdir(folder, { mode: 0o700 });
  const client = set.client(NGINX);
  const contents = {
    'ca.pem': set.authority.certificate.pem,
    'server.pem': set.server.pem,
    'server.key': set.server.privateKey.pem,
    [`${NGINX}.pem`]: client.pem,
    [`${NGINX}.key`]: client.privateKey.pem,
  };
  for (const [name, content] of Object.entries(contents)) {
    await fs.writeFile(join(folder, name), content, { mode: 0o600 });
  }
  const file = (name: string) => join(folder, name);
  return {
    nginx: { certificate: file(`${NGINX}.pem`), key: file(`${NGINX}.key`), ca: file('ca.pem'), name: NAME },
    server: { certificate: file('server.pem'), key: file('server.key'), ca: file('ca.pem') },
  };
}
