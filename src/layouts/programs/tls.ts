import type { Layout, NextStep, NextStepContext } from '../layout.js';
import { FOLDERS, pemFiles, placesOf, urlHost } from './folders.js';

/** The names that cert-manager gives the parts of a Secret, which most programs of the field know. */
export const tls = {
  ...FOLDERS,
  name: 'tls',
  consumer: 'a program that reads tls.crt, tls.key and ca.crt',
  partyFiles: pemFiles({ certificate: 'tls.crt', key: 'tls.key', authority: 'ca.crt' }),
  nextSteps(context: NextStepContext): NextStep[] {
    const { server, client, host } = placesOf(context);
    const { quote } = context;
    return [
      { title: 'the server', lines: ['tls.crt', 'tls.key', 'ca.crt'].map((file) => `${server}/${file}`) },
      ...(client === undefined
        ? []
        : [
            {
              title: 'prove it, with the port that the server listens on',
              command: [
                `curl --cacert ${quote(`${client}/ca.crt`)} --cert ${quote(`${client}/tls.crt`)} --key ${quote(`${client}/tls.key`)}`,
                `https://${urlHost(host)}:443/`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
