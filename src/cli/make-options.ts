import { LAYOUT_NAMES } from '../layouts/index.js';
import { KEY_TYPES } from '../pki/keys/key-types.js';
import { DEFAULT_LOCK_TIMEOUT } from '../store/transaction/lock-options.js';

/** An option of the command line. */
export interface OptionEntry {
  readonly short?: string;
  /** What its value is, as the help calls it; none for a switch. */
  readonly value?: string;
  readonly repeated?: true;
  readonly default?: string;
  readonly description: string;
}

/** The options of the command without a name, which makes a set, in the order of the help text. */
export const MAKE_OPTIONS = {
  out: { short: 'o', value: 'folder', default: 'certs', description: 'where the set lives' },
  layout: {
    short: 'l',
    value: 'layout',
    repeated: true,
    description: `${LAYOUT_NAMES.join(' or ')}; may be repeated (default: both)`,
  },
  client: {
    short: 'c',
    value: 'identity',
    repeated: true,
    description: 'a client to let in; may be repeated (default: client)',
  },
  clients: { value: 'n', description: 'n more clients, client-1 to client-n' },
  untrusted: {
    short: 'u',
    value: 'flaw',
    repeated: true,
    description: 'a client to refuse; may be repeated; all; none (default: unknown-ca)',
  },
  key: {
    short: 'k',
    value: 'type',
    description: `${KEY_TYPES.join(', ')} (default: the first that every chosen layout accepts)`,
  },
  'valid-for': { value: 'duration', description: '90s, 30m, 12h, 1d; at most 30d (default: 1d)' },
  'ca-key': { value: 'type', description: "the CA's own key (default: ec-p256)" },
  'name-constraints': { description: 'a CA that may sign only the DNS names asked for' },
  'key-mode': { value: 'octal', description: 'permissions of server.key (default: 600)' },
  owner: { value: 'uid[:gid]', description: 'owner of server.key, for root (default: the user)' },
  new: { description: 'start over: forget the set that is there, and make a new CA' },
  'dry-run': { description: 'say what would be made, kept and removed; write nothing' },
  force: { description: 'replace files that this program did not write' },
  'lock-timeout': {
    value: 'duration',
    default: DEFAULT_LOCK_TIMEOUT,
    description: 'how long to wait for another run in the same folder',
  },
  json: { description: 'print the manifest instead of the summary' },
  quiet: { short: 'q', description: 'errors only' },
} as const satisfies Readonly<Record<string, OptionEntry>>;

/** What the options come to, by their names in camel case. */
export interface MakeOptions {
  out: string;
  layout?: string[];
  client?: string[];
  clients?: string;
  untrusted?: string[];
  key?: string;
  validFor?: string;
  caKey?: string;
  nameConstraints?: boolean;
  keyMode?: string;
  owner?: string;
  new?: boolean;
  dryRun?: boolean;
  force?: boolean;
  lockTimeout: string;
  json?: boolean;
  quiet?: boolean;
}
