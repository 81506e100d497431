import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  quoted,
  urlHost,
} from './folders.js';
import { subjectText } from './subjects.js';

const tlsLines = (folder: string) => [
  'tls {',
  `  cert_file: ${quoted(`${folder}/server-cert.pem`)}`,
  `  key_file: ${quoted(`${folder}/server-key.pem`)}`,
  `  ca_file: ${quoted(`${folder}/ca.pem`)}`,
  '  verify: true',
  '}',
];

const server: Configuration = {
  name: 'nats.conf',
  side: 'server-alone',
  lines: tlsLines,
};

/** The routes of a cluster call each other with the certificate that they serve with. */
const peer: Configuration = {
  name: 'nats.conf',
  side: 'peer',
  lines: (folder) => [
    ...tlsLines(folder),
    'cluster {',
    '  port: 6222',
    ...tlsLines(folder).map((line) => `  ${line}`),
    '}',
  ],
};

/** The names of the documentation of NATS. Its server reads no revocation list. */
export const nats = {
  ...FOLDERS,
  name: 'nats',
  consumer: 'NATS',
  partyFiles: [
    ...pemFiles({ certificate: 'server-cert.pem', key: 'server-key.pem', authority: 'ca.pem' }, 'server'),
    ...pemFiles({ certificate: 'client-cert.pem', key: 'client-key.pem', authority: 'ca.pem' }, 'client'),
    configurationFile(server),
    configurationFile(peer),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      {
        title: 'nats.conf (it reads no revocation list: a revoked client is let in)',
        lines: server.lines(places.server),
      },
      ...(places.peer === undefined
        ? []
        : [{ title: 'nats.conf of a node of a cluster', lines: peer.lines(places.peer) }]),
      ...(places.client === undefined
        ? []
        : [
            {
              title: "to know clients by name, 'verify_and_map: true' in the place of 'verify: true', and",
              onlyIfAsked: true,
              lines: [
                'authorization {',
                `  users: [{ user: ${quoted(subjectText(places.clientIdentity))} }]`,
                '}',
              ],
            },
            {
              title: 'prove it',
              command: [
                `nats --server ${quote(`tls://${urlHost(places.host)}:4222`)} --tlsca ${quote(`${places.client}/ca.pem`)}`,
                `--tlscert ${quote(`${places.client}/client-cert.pem`)} --tlskey ${quote(`${places.client}/client-key.pem`)} server check connection`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
