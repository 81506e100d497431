import type { KeyType } from '../../pki/keys/key-types.js';
import type { ParsedRequest } from '../../pki/request.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  combinedFile,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  urlHost,
} from './folders.js';

/** A value of a properties file. */
const text = (value: string) => value.replaceAll('\\', '\\\\');

/** A store in PEM is one file, and Kafka refuses a password beside one that has none. */
const stores = (folder: string, side: 'server' | 'client') => [
  'ssl.keystore.type=PEM',
  `ssl.keystore.location=${text(folder)}/${side}.keystore.pem`,
  'ssl.truststore.type=PEM',
  `ssl.truststore.location=${text(folder)}/${side}.truststore.pem`,
];

/** What brokers say to each other goes over another listener: this certificate cannot connect. */
const server: Configuration = {
  name: 'server.properties',
  side: 'server-alone',
  lines: (folder) => [
    'listeners=PLAINTEXT://127.0.0.1:9092,SSL://:9093',
    'ssl.client.auth=required',
    ...stores(folder, 'server'),
  ],
};

const peer: Configuration = {
  name: 'server.properties',
  side: 'peer',
  lines: (folder) => [
    'listeners=SSL://:9093',
    // Not security.inter.broker.protocol: Kafka refuses both, and its own file has this one.
    'inter.broker.listener.name=SSL',
    'ssl.client.auth=required',
    ...stores(folder, 'server'),
  ],
};

const client: Configuration = {
  name: 'client.properties',
  side: 'client',
  lines: (folder) => ['security.protocol=SSL', ...stores(folder, 'client')],
};

/** Stores in PEM, named as those of Kafka's documentation, and their parts for clients on librdkafka. */
export const kafka = {
  ...FOLDERS,
  name: 'kafka',
  consumer: 'Kafka',
  keyTypes: FOLDERS.keyTypes.filter((type) => type !== 'ed25519'),
  keyTypeProblem: (type: KeyType) =>
    type === 'ed25519' ? 'its stores in PEM hold RSA, DSA and EC keys alone' : undefined,
  unreadableKeyTypes: ['ed25519'],
  partyFiles: [
    combinedFile('server.keystore.pem', 'server'),
    ...pemFiles(
      { certificate: 'server.crt', key: 'server.key', authority: 'server.truststore.pem' },
      'server',
    ),
    combinedFile('client.keystore.pem', 'client'),
    ...pemFiles(
      { certificate: 'client.crt', key: 'client.key', authority: 'client.truststore.pem' },
      'client',
    ),
    configurationFile(server),
    configurationFile(peer),
    configurationFile(client),
  ],
  check({ peers }: ParsedRequest) {
    if (peers.some(({ layouts }) => layouts?.includes('kafka') ?? true)) return [];
    return [
      {
        message: 'Kafka brokers connect to each other and to themselves, and the set has no peer',
        hint: 'make each broker a peer: --peer broker-1=broker-1.test,localhost',
      },
    ];
  },
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      places.peer === undefined
        ? {
            title: 'server.properties (it reads no revocation list: a revoked client is let in)',
            lines: server.lines(places.server),
          }
        : {
            title: 'server.properties of a broker (it reads no revocation list: a revoked client is let in)',
            lines: peer.lines(places.peer),
          },
      ...(places.client === undefined
        ? []
        : [
            { title: 'client.properties', lines: client.lines(places.client) },
            {
              title: 'prove it',
              command: [
                `kcat -L -b ${quote(`${urlHost(places.peerHost)}:9093`)} -X security.protocol=ssl -X ${quote(`ssl.ca.location=${places.client}/client.truststore.pem`)}`,
                `-X ${quote(`ssl.certificate.location=${places.client}/client.crt`)} -X ${quote(`ssl.key.location=${places.client}/client.key`)}`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
