// Everything that a run may be asked for, in the order of the help text. The option check of the library, the
// options of the command line, the manifest's request, the comparison of a second run and the schema of the
// configuration file follow from this list; tests compare the table of docs/command-line.md and the action's inputs with it.
import { FLAWS, SERVER_FLAWS } from '../pki/flaws/flaws.js';
import { KEY_TYPES, parseKeyType } from '../pki/keys/key-types.js';
import { MOST_INTERMEDIATES } from '../pki/names/authority-names.js';
import { parseDuration } from '../util/duration.js';
import { checkFlag } from '../util/options.js';
import { isPlainText } from '../util/text.js';
import type { Field } from './field.js';
import { joinByParty, joinFlaws, joinLists, joinServers } from './joins.js';
import { isRecordedModes, isRecordedOwners, parseKeyMode, parseOwner } from './key-access.js';
import { defaultLayouts, type LayoutRegistry } from './layout-rules.js';
import {
  DEFAULT_LOCK_TIMEOUT,
  type KeyAccessOptions,
  type PasswordOptions,
  type RequestOptions,
  type RunOptions,
  type WriteOptions,
} from './options.js';
import {
  DEFAULT_BACKDATE,
  isIntermediates,
  isServerList,
  parseAuthorityFolder,
  parseBackdate,
  parseClients,
  parseExtraClients,
  parseIntermediates,
  parseLayouts,
  parseNames,
  parseServers,
  parseSignal,
  parseUntrusted,
  parseUntrustedServers,
} from './parse.js';
import { parsePassword } from './password.js';

type FieldsOf<Options> = { readonly [Key in keyof Options]-?: Field };

const isText = isPlainText;
const isTextList = (value: unknown) => Array.isArray(value) && value.every(isText);
const isBoolean = (value: unknown) => typeof value === 'boolean';
const listOf = (items: object) => ({ type: 'array', items, uniqueItems: true });
const flawsOf = (flaws: readonly { readonly name: string }[]) => ({
  anyOf: [{ enum: ['all', 'none'] }, listOf({ enum: [...flaws.map(({ name }) => name), 'all', 'none'] })],
});
const serversSchema = (layouts: LayoutRegistry) => {
  const names = { ...listOf({ type: 'string' }), minItems: 1 };
  const server = {
    names,
    layouts: {
      anyOf: [{ type: 'null' }, { ...listOf({ enum: layouts.map(({ name }) => name) }), minItems: 1 }],
    },
  };
  const withNames = (properties: object, required: string[]) => ({
    type: 'object',
    additionalProperties: false,
    properties,
    required,
  });
  return {
    anyOf: [
      {
        type: 'object',
        propertyNames: { pattern: '^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$', maxLength: 64 },
        additionalProperties: { anyOf: [names, withNames(server, ['names'])] },
      },
      {
        type: 'array',
        items: {
          anyOf: [
            { type: 'string', pattern: '^[^=]+=.+$' },
            withNames({ id: { type: 'string' }, ...server }, ['id', 'names']),
          ],
        },
      },
    ],
  };
};
/** A list of servers as the manifest has it. */
const SERVERS_RECORDED = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      id: { type: 'string', description: 'the name of its files' },
      names: { ...listOf({ type: 'string' }), description: 'its names; the first is its CN' },
      layouts: {
        anyOf: [{ type: 'null' }, listOf({ type: 'string' })],
        description: 'the layouts that have its files; null for all',
      },
    },
    required: ['id', 'names', 'layouts'],
  },
};
const DURATION = { type: 'string', pattern: '^[0-9]{1,12}[smhd]$' };

/** What the fields of servers and of peers have in common. */
const serversOf = (role: 'server' | 'peer') =>
  ({
    default: 'none',
    repeats: true,
    join: (ofFile: unknown, added: unknown) => joinServers(role, ofFile, added),
    action: true,
    schema: serversSchema,
    recorded: {
      schema: SERVERS_RECORDED,
      isValid: isServerList,
      missing: [],
      change: { words: `${role}s`, reissue: 'missing' },
    },
    parse: (given: unknown) => parseServers(role, given),
  }) as const;

/** What a set may be asked to be. */
export const SET_FIELDS = {
  names: {
    help: "the endpoint's names: DNS names (*.api.test too) and IP addresses",
    default: 'localhost',
    repeats: true,
    join: joinLists,
    action: true,
    schema: () => ({ ...listOf({ type: 'string' }), minItems: 1 }),
    recorded: {
      schema: listOf({ type: 'string' }),
      isValid: isTextList,
      change: { words: 'names', reissue: 'missing' },
    },
    parse: parseNames,
  },
  servers: {
    flag: { long: 'server', short: 's', value: 'id=name,name' },
    help: 'one more server; without positional names there is then no default server',
    ...serversOf('server'),
  },
  peers: {
    flag: { long: 'peer', short: 'p', value: 'id=name,name' },
    help: 'a node that is server and client at once',
    ...serversOf('peer'),
  },
  layouts: {
    flag: { long: 'layout', short: 'l', value: 'layout' },
    help: (layouts) => layouts.map(({ name }) => name).join(', '),
    default: (layouts) => defaultLayouts(layouts).join(' and '),
    repeats: true,
    join: joinLists,
    action: true,
    schema: (layouts) => ({ ...listOf({ enum: layouts.map(({ name }) => name) }), minItems: 1 }),
    recorded: { isValid: isTextList, change: { words: 'layouts', reissue: 'missing' } },
    parse: parseLayouts,
  },
  clients: {
    flag: { long: 'client', short: 'c', value: 'identity' },
    help: 'a client to let in',
    default: 'client',
    repeats: true,
    join: joinLists,
    action: true,
    schema: () => listOf({ type: 'string' }),
    recorded: { isValid: isTextList },
    parse: parseClients,
  },
  extraClients: {
    flag: {
      long: 'clients',
      value: 'n',
      read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text),
    },
    help: 'n more clients, client-1 to client-n',
    default: '0',
    action: true,
    schema: () => ({ type: 'integer', minimum: 0 }),
    parse: parseExtraClients,
  },
  untrusted: {
    flag: { long: 'untrusted', short: 'u', value: 'flaw' },
    help: 'a client to refuse, by its flaw; all; none',
    default: 'unknown-ca',
    repeats: true,
    join: joinFlaws,
    action: true,
    schema: () => flawsOf(FLAWS),
    recorded: {
      schema: listOf({ type: 'string' }),
      isValid: isTextList,
      change: { words: 'clients to refuse', reissue: 'missing' },
    },
    parse: parseUntrusted,
  },
  untrustedServers: {
    flag: { long: 'untrusted-server', value: 'flaw' },
    help: 'a server to refuse, by its flaw; all; none',
    default: 'none',
    repeats: true,
    join: joinFlaws,
    action: true,
    schema: () => flawsOf(SERVER_FLAWS),
    recorded: {
      schema: listOf({ type: 'string' }),
      isValid: isTextList,
      missing: [],
      change: { words: 'servers to refuse', reissue: 'missing' },
    },
    parse: parseUntrustedServers,
  },
  key: {
    flag: { long: 'key', short: 'k', value: 'type' },
    help: KEY_TYPES.join(', '),
    default: 'the first that every chosen layout accepts',
    action: true,
    schema: () => ({ enum: KEY_TYPES }),
    recorded: { isValid: isText, change: { words: 'key type', reissue: 'missing' } },
    parse: (given) => (given === undefined ? undefined : parseKeyType(given)),
  },
  validFor: {
    flag: { long: 'valid-for', value: 'duration' },
    help: '90s, 30m, 12h, 1d; over a day warns, over 30 days is refused',
    default: '1d',
    action: true,
    schema: () => DURATION,
    recorded: { isValid: isText, change: { words: 'lifetime', reissue: 'life' } },
    parse: (given = '1d') => ({ text: given as string, seconds: parseDuration(given) }),
  },
  backdate: {
    flag: { long: 'backdate', value: 'duration' },
    help: 'how long before now everything begins; at most the life',
    default: DEFAULT_BACKDATE,
    action: true,
    schema: () => DURATION,
    recorded: {
      schema: DURATION,
      isValid: isText,
      missing: DEFAULT_BACKDATE,
      change: { words: 'backdate', reissue: 'life' },
    },
    parse: parseBackdate,
  },
  plainSan: {
    flag: { long: 'plain-san' },
    help: 'a SAN for plain clients too (URI:urn:generate-certs:<name>)',
    action: true,
    schema: () => ({ type: 'boolean' }),
    recorded: {
      schema: { type: 'boolean' },
      isValid: isBoolean,
      missing: false,
      change: { words: 'SAN of plain clients', reissue: 'missing' },
    },
    parse: (given = false) => checkFlag('plainSan', given),
  },
  caKey: {
    flag: { long: 'ca-key', value: 'type' },
    help: "the CA's own key type",
    default: 'ec-p256',
    action: true,
    schema: () => ({ enum: KEY_TYPES }),
    recorded: { isValid: isText, change: { words: "the CA's key type", reissue: 'authority' } },
    parse: (given = 'ec-p256') => parseKeyType(given),
  },
  nameConstraints: {
    flag: { long: 'name-constraints' },
    help: 'a CA that may sign only the DNS names asked for',
    action: true,
    schema: () => ({ type: 'boolean' }),
    recorded: { isValid: isBoolean, change: { words: 'name constraints', reissue: 'authority' } },
    parse: (given = false) => checkFlag('nameConstraints', given),
  },
  intermediates: {
    flag: {
      long: 'intermediates',
      value: 'n',
      read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : text),
    },
    help: `CAs between the root and the leaves, 0 to ${MOST_INTERMEDIATES}`,
    default: '0',
    action: true,
    schema: () => ({ type: 'integer', minimum: 0, maximum: MOST_INTERMEDIATES }),
    recorded: {
      isValid: isIntermediates,
      missing: 0,
      change: { words: 'intermediates', reissue: 'authority' },
    },
    parse: parseIntermediates,
  },
  ca: {
    flag: { long: 'ca', value: 'folder' },
    help: "sign with this folder's CA instead of a new one",
    isPath: true,
    action: true,
    schema: () => ({ anyOf: [{ type: 'string', minLength: 1 }, { type: 'null' }] }),
    recorded: {
      isValid: (value) => value === null || isText(value),
      missing: null,
      change: { words: 'CA', reissue: 'authority' },
    },
    parse: parseAuthorityFolder,
  },
  issuer: {
    flag: { long: 'issuer' },
    help: "files with which cert-manager signs as the set's CA, for kubernetes; they hold its key",
    action: true,
    schema: () => ({ type: 'boolean' }),
    recorded: {
      schema: { type: 'boolean' },
      isValid: isBoolean,
      missing: false,
      change: { words: 'issuer', reissue: 'missing' },
    },
    parse: (given = false) => checkFlag('issuer', given),
  },
  reuseKeys: {
    help: 'take the private keys of an earlier set of the same request',
    parse: (given = false) => checkFlag('reuseKeys', given),
  },
} as const satisfies FieldsOf<RequestOptions>;

const oneOrList = (pattern: string) => {
  const text = { type: 'string', pattern };
  return { anyOf: [text, { ...listOf(text), minItems: 1 }] };
};

/** Who may read the private keys. */
export const ACCESS_FIELDS = {
  keyMode: {
    flag: { long: 'key-mode', value: '[party=]octal' },
    help: "permissions of the servers' keys, or of a party's; readable by others warns",
    default: '600',
    repeats: true,
    join: joinByParty,
    action: true,
    schema: () => oneOrList('^(.+=)?0?[0-7]{3}$'),
    recorded: {
      schema: oneOrList('^(.+=)?0[0-7]{3}$'),
      isValid: isRecordedModes,
      change: { words: 'modes of keys', reissue: 'missing' },
    },
    parse: parseKeyMode,
  },
  owner: {
    flag: { long: 'owner', value: '[party=]uid[:gid]' },
    help: "owner of the servers' keys, or of a party's, for root",
    default: 'the user',
    repeats: true,
    join: joinByParty,
    action: true,
    schema: () => oneOrList('^(.+=)?[A-Za-z0-9_.$-]{1,65}(:[A-Za-z0-9_.$-]{1,65})?$'),
    recorded: {
      schema: { anyOf: [{ type: 'null' }, oneOrList('^(.+=)?[0-9]{1,10}(:[0-9]{1,10})?$')] },
      isValid: isRecordedOwners,
      change: { words: 'owners of keys', reissue: 'missing' },
    },
    parse: parseOwner,
  },
} as const satisfies FieldsOf<KeyAccessOptions>;

/** The password of keystores: never on a command line, and never recorded. */
export const PASSWORD_FIELDS = {
  password: {
    help: 'the password of keystores',
    parse: parsePassword,
  },
} as const satisfies FieldsOf<PasswordOptions>;

/** What a run does with the set that is there. */
export const RUN_FIELDS = {
  new: {
    flag: { long: 'new' },
    help: 'start over: forget the set that is there, and make a new CA',
    parse: (given = false) => checkFlag('new', given),
  },
  dryRun: {
    flag: { long: 'dry-run' },
    help: 'say what would be made, kept and removed; write nothing',
    parse: (given = false) => checkFlag('dryRun', given),
  },
} as const satisfies FieldsOf<RunOptions>;

/** How a run writes. */
export const WRITE_FIELDS = {
  force: {
    flag: { long: 'force' },
    help: 'replace files that this program did not write',
    action: true,
    parse: (given = false) => checkFlag('force', given),
  },
  lockTimeout: {
    flag: { long: 'lock-timeout', value: 'duration' },
    help: 'how long to wait for another run in the same folder',
    default: DEFAULT_LOCK_TIMEOUT,
    schema: () => DURATION,
    parse: (given = DEFAULT_LOCK_TIMEOUT) => parseDuration(given),
  },
  signal: {
    help: 'stops the work',
    parse: parseSignal,
  },
} as const satisfies FieldsOf<Omit<WriteOptions, keyof KeyAccessOptions | keyof PasswordOptions>>;

export const FIELDS = {
  ...SET_FIELDS,
  ...ACCESS_FIELDS,
  ...PASSWORD_FIELDS,
  ...RUN_FIELDS,
  ...WRITE_FIELDS,
};
export type FieldName = keyof typeof FIELDS;

/** Every field with its name, in the order of the help text. */
export const FIELD_ENTRIES = Object.entries(FIELDS) as readonly [FieldName, Field][];

/** The fields that a manifest keeps. */
export type RecordedName = {
  [Key in FieldName]: (typeof FIELDS)[Key] extends { readonly recorded: object } ? Key : never;
}[FieldName];
