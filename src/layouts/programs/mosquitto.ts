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

/** A value is the rest of its line. A client's name is its certificate's CN. */
const server: Configuration = {
  name: 'mosquitto.conf',
  side: 'server',
  lines: (folder) => [
    'listener 8883',
    `cafile ${folder}/ca.crt`,
    `certfile ${folder}/server.crt`,
    `keyfile ${folder}/server.key`,
    `crlfile ${folder}/ca.crl`,
    'require_certificate true',
    'use_identity_as_username true',
  ],
};

/** The names of Mosquitto's documentation. */
export const mosquitto = {
  ...FOLDERS,
  name: 'mosquitto',
  consumer: 'Mosquitto',
  partyFiles: [
    ...pemFiles({ certificate: 'server.crt', key: 'server.key', authority: 'ca.crt' }, 'server'),
    ...pemFiles({ certificate: 'client.crt', key: 'client.key', authority: 'ca.crt' }, 'client'),
    revocationFile('ca.crl'),
    configurationFile(server),
  ],
  check: (request: ParsedRequest) => withoutCommonName('Mosquitto', request),
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      { title: "mosquitto.conf (a client's name is its CN)", lines: server.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `mosquitto_pub -h ${quote(places.host)} -p 8883 --cafile ${quote(`${places.client}/ca.crt`)}`,
                `--cert ${quote(`${places.client}/client.crt`)} --key ${quote(`${places.client}/client.key`)} -t test -m hello`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
