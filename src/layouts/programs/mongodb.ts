import { GenerateCertsError, quote as quoteValue, type Warning } from '../../errors.js';
import { findAttributeType } from '../../pki/names/attributes.js';
import { identityText } from '../../pki/names/identity.js';
import type { Attributes } from '../../pki/names/parse-name.js';
import type { ParsedRequest } from '../../pki/request.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  combinedFile,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  quoted,
  revocationFile,
} from './folders.js';
import { nodeSubject, subjectOf, subjectText } from './subjects.js';

const server: Configuration = {
  name: 'mongod.conf',
  side: 'server',
  lines: (folder) => [
    'net:',
    '  tls:',
    '    mode: requireTLS',
    `    certificateKeyFile: ${quoted(`${folder}/mongodb.pem`)}`,
    `    CAFile: ${quoted(`${folder}/ca.pem`)}`,
    `    CRLFile: ${quoted(`${folder}/crl.pem`)}`,
  ],
};

/** What MongoDB tells members of a cluster by: a client that has the same as a server has every right. */
function membership(subject: Attributes): string {
  const types = ['O', 'OU', 'DC'];
  return subject
    .flat()
    .map(({ type, value }) => [findAttributeType(type)?.name ?? type, JSON.stringify(value)] as const)
    .filter(([name]) => types.includes(name))
    .map((pair) => pair.join('='))
    .sort()
    .join();
}

/** Certificate, chain and key in one file, as `certificateKeyFile` takes it, and the parts for other programs. */
export const mongodb = {
  ...FOLDERS,
  name: 'mongodb',
  consumer: 'MongoDB',
  partyFiles: [
    combinedFile('mongodb.pem', 'server'),
    ...pemFiles({ certificate: 'mongodb.crt', key: 'mongodb.key', authority: 'ca.pem' }, 'server'),
    combinedFile('client.pem', 'client'),
    ...pemFiles({ certificate: 'client.crt', key: 'client.key', authority: 'ca.pem' }, 'client'),
    revocationFile('crl.pem'),
    configurationFile(server),
  ],
  check({ servers, peers, clients }: ParsedRequest): Warning[] {
    const ofServers = new Set([...servers, ...peers].map(({ names }) => membership(nodeSubject(names))));
    const memberships = clients.map(({ identity }) => ({ identity, of: membership(subjectOf(identity)) }));
    const equal = memberships.find(({ of }) => of !== '' && ofServers.has(of));
    if (equal !== undefined) {
      throw new GenerateCertsError(
        'ERR_IDENTITY_INVALID',
        `MongoDB would take the client ${quoteValue(identityText(equal.identity))} for a server, with every right: its O, OU and DC are a server's`,
        "give it another organization: --client 'CN=alice,O=clients'",
      );
    }
    const without = memberships.find(({ of }) => of === '');
    if (without === undefined) return [];
    return [
      {
        message: `MongoDB wants an O, OU or DC in the name of a client, and ${quoteValue(identityText(without.identity))} has none`,
        hint: "give a distinguished name: --client 'CN=alice,O=clients'",
      },
    ];
  },
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      { title: 'mongod.conf', lines: server.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'a user for the client, in mongosh',
              lines: [
                `db.getSiblingDB("$external").runCommand({ createUser: ${quoted(subjectText(places.clientIdentity))}, roles: [{ role: "readWrite", db: "test" }] })`,
              ],
            },
            {
              title: 'prove it',
              command: [
                `mongosh --host ${quote(places.host)} --tls --tlsCAFile ${quote(`${places.client}/ca.pem`)} --tlsCertificateKeyFile ${quote(`${places.client}/client.pem`)}`,
                `--authenticationMechanism MONGODB-X509 --authenticationDatabase '$external' --eval 'db.runCommand({ connectionStatus: 1 })'`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
