import type { Layout, NextStep, NextStepContext } from '../layout.js';
import {
  type Configuration,
  combinedFile,
  configurationFile,
  FOLDERS,
  pemFiles,
  placesOf,
  revocationFile,
  urlHost,
} from './folders.js';

/** A word of haproxy.cfg, in which spaces part words. */
const text = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;

/** A service of its own would stand in `default_backend`; without one HAProxy answers with the client's name. */
const server: Configuration = {
  name: 'haproxy.cfg',
  side: 'server',
  lines: (folder) => [
    'frontend mutual-tls',
    '  mode http',
    '  timeout client 30s',
    `  bind :8443 ssl crt ${text(`${folder}/server.pem`)} ca-file ${text(`${folder}/ca.crt`)} crl-file ${text(`${folder}/ca.crl`)} verify required`,
    '  http-request return status 200 content-type text/plain lf-string "%[ssl_c_s_dn(CN)]"',
  ],
};

/** Certificate, chain and key in one file, as `crt` takes it, and the parts for the programs beside it. */
export const haproxy = {
  ...FOLDERS,
  name: 'haproxy',
  consumer: 'HAProxy',
  partyFiles: [
    combinedFile('server.pem', 'server'),
    ...pemFiles({ certificate: 'server.crt', key: 'server.key', authority: 'ca.crt' }, 'server'),
    combinedFile('client.pem', 'client'),
    ...pemFiles({ certificate: 'client.crt', key: 'client.key', authority: 'ca.crt' }, 'client'),
    revocationFile('ca.crl'),
    configurationFile(server),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      { title: 'haproxy.cfg', lines: server.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `curl --cacert ${quote(`${places.client}/ca.crt`)} --cert ${quote(`${places.client}/client.pem`)}`,
                `https://${urlHost(places.host)}:8443/`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
