import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  revocationFile,
  urlHost,
} from './folders.js';

/** Variables, because the configuration file of etcd 3.4 has no word for the revocation list. */
const forClients = (folder: string) => [
  `ETCD_CERT_FILE=${folder}/server.crt`,
  `ETCD_KEY_FILE=${folder}/server.key`,
  `ETCD_TRUSTED_CA_FILE=${folder}/ca.crt`,
  `ETCD_CLIENT_CRL_FILE=${folder}/ca.crl`,
  'ETCD_CLIENT_CERT_AUTH=true',
];

/** The gateway of JSON calls etcd with this certificate, which etcd refuses every few seconds where it only serves. */
const server: Configuration = {
  name: 'etcd.env',
  side: 'server-alone',
  lines: (folder) => [...forClients(folder), 'ETCD_ENABLE_GRPC_GATEWAY=false'],
};

/** A node of a cluster uses its one certificate for clients and for the other nodes. */
const peer: Configuration = {
  name: 'etcd.env',
  side: 'peer',
  lines: (folder) => [
    ...forClients(folder),
    `ETCD_PEER_CERT_FILE=${folder}/server.crt`,
    `ETCD_PEER_KEY_FILE=${folder}/server.key`,
    `ETCD_PEER_TRUSTED_CA_FILE=${folder}/ca.crt`,
    `ETCD_PEER_CRL_FILE=${folder}/ca.crl`,
    'ETCD_PEER_CLIENT_CERT_AUTH=true',
  ],
};

/** The names of etcd's documentation. */
export const etcd = {
  ...FOLDERS,
  name: 'etcd',
  consumer: 'etcd',
  partyFiles: [
    ...pemFiles({ certificate: 'server.crt', key: 'server.key', authority: 'ca.crt' }, 'server'),
    ...pemFiles({ certificate: 'client.crt', key: 'client.key', authority: 'ca.crt' }, 'client'),
    revocationFile('ca.crl'),
    configurationFile(server),
    configurationFile(peer),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      { title: 'etcd, as its environment', lines: server.lines(places.server) },
      ...(places.peer === undefined
        ? []
        : [{ title: 'a node of a cluster, as its environment', lines: peer.lines(places.peer) }]),
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `etcdctl --endpoints ${quote(`https://${urlHost(places.host)}:2379`)} --cacert ${quote(`${places.client}/ca.crt`)}`,
                `--cert ${quote(`${places.client}/client.crt`)} --key ${quote(`${places.client}/client.key`)} endpoint health`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
