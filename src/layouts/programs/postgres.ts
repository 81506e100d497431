import type { KeyType } from '../../pki/keys/key-types.js';
import type { ParsedRequest } from '../../pki/request.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  revocationFile,
} from './folders.js';
import { withoutCommonName } from './subjects.js';

/** A string of postgresql.conf. */
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

const server: Configuration = {
  name: 'postgresql.conf',
  side: 'server',
  lines: (folder) => [
    'ssl = on',
    `ssl_cert_file = ${text(`${folder}/server.crt`)}`,
    `ssl_key_file = ${text(`${folder}/server.key`)}`,
    `ssl_ca_file = ${text(`${folder}/root.crt`)}`,
    `ssl_crl_file = ${text(`${folder}/root.crl`)}`,
  ],
};

/** `cert` takes the name of the certificate's CN for that of the user. */
const access: Configuration = {
  name: 'pg_hba.conf',
  side: 'server',
  lines: () => ['hostssl all all all cert'],
};

const client: Configuration = {
  name: 'pg_service.conf',
  side: 'client',
  lines: (folder) => [
    '[generate-certs]',
    'sslmode=verify-full',
    `sslcert=${folder}/postgresql.crt`,
    `sslkey=${folder}/postgresql.key`,
    `sslrootcert=${folder}/root.crt`,
  ],
};

/** Measured with PostgreSQL 15; TLS 1.3 takes them. */
const OTHER_CURVES: readonly KeyType[] = ['ec-p384', 'ec-p521'];

/** The names of PostgreSQL's documentation: those of the server, and those of libpq. */
export const postgres = {
  ...FOLDERS,
  name: 'postgres',
  consumer: 'PostgreSQL',
  keyTypes: FOLDERS.keyTypes.filter((type) => !OTHER_CURVES.includes(type)),
  keyTypeProblem: (type: KeyType) =>
    OTHER_CURVES.includes(type)
      ? "its ssl_ecdh_curve is prime256v1, with which TLS 1.2 fails with 'wrong curve'"
      : undefined,
  partyFiles: [
    ...pemFiles({ certificate: 'server.crt', key: 'server.key', authority: 'root.crt' }, 'server'),
    ...pemFiles({ certificate: 'postgresql.crt', key: 'postgresql.key', authority: 'root.crt' }, 'client'),
    revocationFile('root.crl'),
    configurationFile(server),
    configurationFile(access),
    configurationFile(client),
  ],
  // Both the server and libpq (measured with 15).
  keyAccessProblem({ mode, uid }: { readonly mode: number; readonly uid: number | undefined }) {
    if ((mode & 0o037) !== 0) return 'it may be read by its owner alone, or be 640 and owned by root';
    if ((mode & 0o040) !== 0 && uid !== undefined && uid !== 0)
      return 'its group may read it only if root owns it';
    return undefined;
  },
  check: (request: ParsedRequest) => withoutCommonName('PostgreSQL', request),
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      {
        title: "postgresql.conf (the server's user must own server.key, or root with mode 640)",
        lines: server.lines(places.server),
      },
      { title: "pg_hba.conf (a user's name is the certificate's CN)", lines: access.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'a user for the client, in psql',
              lines: [`CREATE ROLE ${identifier(places.clientCommonName)} LOGIN;`],
            },
            { title: "the client's pg_service.conf", lines: client.lines(places.client) },
            {
              title: 'prove it',
              command: [
                `PGSSLMODE=verify-full PGSSLROOTCERT=${quote(`${places.client}/root.crt`)}`,
                `PGSSLCERT=${quote(`${places.client}/postgresql.crt`)} PGSSLKEY=${quote(`${places.client}/postgresql.key`)}`,
                `psql -h ${quote(places.host)} -U ${quote(places.clientCommonName)} -d postgres -c 'select current_user'`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
