import { GenerateCertsError, quote as quoteValue } from '../../errors.js';
import type { Certificate } from '../../pki/issue/certificate.js';
import type { ParsedRequest } from '../../pki/request.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  quoted,
  revocationFile,
} from './folders.js';
import { commonNames, onelineSubject } from './subjects.js';

const server: Configuration = {
  name: 'server.cnf',
  side: 'server',
  lines: (folder) => [
    '[mysqld]',
    `ssl-ca = ${quoted(`${folder}/ca.pem`)}`,
    `ssl-cert = ${quoted(`${folder}/server-cert.pem`)}`,
    `ssl-key = ${quoted(`${folder}/server-key.pem`)}`,
    `ssl-crl = ${quoted(`${folder}/crl.pem`)}`,
    'require-secure-transport = ON',
  ],
};

/** MySQL and MariaDB check the server's name by options of their own, and pass over each other's. */
const client: Configuration = {
  name: 'client.cnf',
  side: 'client',
  lines: (folder) => [
    '[client]',
    `ssl-ca = ${quoted(`${folder}/ca.pem`)}`,
    `ssl-cert = ${quoted(`${folder}/client-cert.pem`)}`,
    `ssl-key = ${quoted(`${folder}/client-key.pem`)}`,
    'loose-ssl-mode = VERIFY_IDENTITY',
    '[client-mariadb]',
    'ssl-verify-server-cert',
  ],
};

const text = (value: string) => `'${value.replace(/['\\]/g, '\\$&')}'`;

/** Without a subject any client of the CA could be this user. */
function userOf(name: string, identity: string): string {
  const subject = onelineSubject(identity);
  return `CREATE USER ${text(name)} REQUIRE ${subject === undefined ? 'X509' : `SUBJECT ${text(subject)}`};`;
}

/** The names of MySQL's documentation, which MariaDB reads too. */
export const mysql = {
  ...FOLDERS,
  name: 'mysql',
  consumer: 'MySQL',
  partyFiles: [
    ...pemFiles({ certificate: 'server-cert.pem', key: 'server-key.pem', authority: 'ca.pem' }, 'server'),
    ...pemFiles({ certificate: 'client-cert.pem', key: 'client-key.pem', authority: 'ca.pem' }, 'client'),
    revocationFile('crl.pem'),
    configurationFile(server),
    configurationFile(client),
  ],
  checkAuthority({ subject }: Certificate, request: ParsedRequest) {
    const taken = commonNames(request).find((name) => subject.split(', ').includes(name));
    if (taken === undefined) return;
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `the CA has the common name of a certificate that it is to sign, ${quoteValue(taken)}, which MySQL does not take`,
      'give the party another first name, or sign with another CA',
    );
  },
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      { title: 'my.cnf', lines: server.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'a user for the client, who needs its certificate',
              lines: [userOf(places.clientName, places.clientIdentity)],
            },
            {
              title: "the client's my.cnf",
              onlyIfAsked: true,
              lines: client.lines(places.client),
            },
            {
              title: 'prove it',
              command: [
                `mysql --protocol tcp -h ${quote(places.host)} -u ${quote(places.clientName)} --ssl-ca=${quote(`${places.client}/ca.pem`)}`,
                `--ssl-cert=${quote(`${places.client}/client-cert.pem`)} --ssl-key=${quote(`${places.client}/client-key.pem`)} -e 'select current_user()'`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
