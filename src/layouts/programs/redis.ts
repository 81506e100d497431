import type { Layout, NextStep, NextStepContext } from '../layout.js';
import { type Configuration, configurationFile, FOLDERS, pemFiles, placesOf, quoted } from './folders.js';

const server: Configuration = {
  name: 'redis.conf',
  side: 'server-alone',
  lines: (folder) => [
    'port 0',
    'tls-port 6379',
    `tls-cert-file ${quoted(`${folder}/redis.crt`)}`,
    `tls-key-file ${quoted(`${folder}/redis.key`)}`,
    `tls-ca-cert-file ${quoted(`${folder}/ca.crt`)}`,
    'tls-auth-clients yes',
  ],
};

/** Replicas and the nodes of a cluster call each other with the certificate that they serve with. */
const peer: Configuration = {
  name: 'redis.conf',
  side: 'peer',
  lines: (folder) => [...server.lines(folder), 'tls-replication yes', 'tls-cluster yes'],
};

/** The names of Redis's documentation. It reads no revocation list. */
export const redis = {
  ...FOLDERS,
  name: 'redis',
  consumer: 'Redis',
  partyFiles: [
    ...pemFiles({ certificate: 'redis.crt', key: 'redis.key', authority: 'ca.crt' }, 'server'),
    ...pemFiles({ certificate: 'client.crt', key: 'client.key', authority: 'ca.crt' }, 'client'),
    configurationFile(server),
    configurationFile(peer),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      {
        title: 'redis.conf (it reads no revocation list: a revoked client is let in)',
        lines: server.lines(places.server),
      },
      ...(places.peer === undefined
        ? []
        : [{ title: 'redis.conf of a replica or a node of a cluster', lines: peer.lines(places.peer) }]),
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `redis-cli -h ${quote(places.host)} -p 6379 --tls --cacert ${quote(`${places.client}/ca.crt`)}`,
                `--cert ${quote(`${places.client}/client.crt`)} --key ${quote(`${places.client}/client.key`)} ping`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
