import type { Layout, NextStep, NextStepContext } from '../layout.js';
import { type Configuration, configurationFile, FOLDERS, pemFiles, placesOf, urlHost } from './folders.js';

const PORT = 2376;

const server: Configuration = {
  name: 'daemon.json',
  side: 'server',
  comment: '',
  lines: (folder) =>
    JSON.stringify(
      {
        tlsverify: true,
        tlscacert: `${folder}/ca.pem`,
        tlscert: `${folder}/server-cert.pem`,
        tlskey: `${folder}/server-key.pem`,
      },
      null,
      2,
    ).split('\n'),
};

/** The names that Docker's documentation gives the daemon's files, and those that its client looks for. */
export const docker = {
  ...FOLDERS,
  name: 'docker',
  consumer: 'Docker',
  partyFiles: [
    ...pemFiles({ certificate: 'server-cert.pem', key: 'server-key.pem', authority: 'ca.pem' }, 'server'),
    ...pemFiles({ certificate: 'cert.pem', key: 'key.pem', authority: 'ca.pem' }, 'client'),
    configurationFile(server),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    return [
      {
        title: 'daemon.json (it reads no revocation list: a revoked client is let in)',
        lines: server.lines(places.server),
      },
      ...(places.client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${context.quote(places.client)}`,
                `DOCKER_HOST=${context.quote(`tcp://${urlHost(places.host)}:${PORT}`)} docker version`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
