import type { Manifest } from '../../store/manifest/manifest.js';
import type { ServerTls } from '../nginx/nginx-config.js';

/** What NGINX serves with, and what a client needs. */
export interface ServedSet {
  readonly names: readonly string[];
  /** Absolute paths. */
  readonly tls: ServerTls;
  /** Nothing where this program did not make the certificates. */
  readonly manifest: Manifest | undefined;
  /** A client's files and the CA that it is to trust, relative to the folder. */
  readonly client: {
    readonly certificate?: string | undefined;
    readonly key?: string | undefined;
    readonly ca?: string | undefined;
  };
}
