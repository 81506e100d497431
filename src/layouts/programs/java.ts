import { DEFAULT_PASSWORD } from '../../pki/formats/default-password.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import { type Configuration, configurationFile, FOLDERS, pemFiles, placesOf } from './folders.js';

const KEYSTORE = 'keystore.p12';
const TRUSTSTORE = 'truststore.p12';

/** Spring Boot's names; a file of properties takes values as they are. */
const server: Configuration = {
  name: 'application.properties',
  side: 'server',
  secret: true,
  lines: (folder) => [
    'server.ssl.enabled=true',
    'server.ssl.client-auth=need',
    `server.ssl.key-store=file:${folder}/${KEYSTORE}`,
    'server.ssl.key-store-type=PKCS12',
    `server.ssl.key-store-password=${DEFAULT_PASSWORD}`,
    `server.ssl.trust-store=file:${folder}/${TRUSTSTORE}`,
    'server.ssl.trust-store-type=PKCS12',
    `server.ssl.trust-store-password=${DEFAULT_PASSWORD}`,
  ],
};

/** An argument file of the `java` command: `java @java.options …`. */
const options: Configuration = {
  name: 'java.options',
  secret: true,
  lines: (folder) =>
    [
      ['keyStore', `${folder}/${KEYSTORE}`],
      ['keyStoreType', 'PKCS12'],
      ['keyStorePassword', DEFAULT_PASSWORD],
      ['trustStore', `${folder}/${TRUSTSTORE}`],
      ['trustStoreType', 'PKCS12'],
      ['trustStorePassword', DEFAULT_PASSWORD],
    ].map(([name, value]) => `"-Djavax.net.ssl.${name}=${value?.replace(/["\\]/g, '\\$&')}"`),
};

/** PKCS #12 stores for Java, and the PEM pair that Spring's bundles take. */
export const java = {
  ...FOLDERS,
  name: 'java',
  consumer: 'Java',
  partyFiles: [
    {
      name: () => KEYSTORE,
      part: 'keystore',
      secret: true,
      content: { ofParty: (party) => party.pkcs12() },
    },
    { name: () => TRUSTSTORE, part: 'truststore', content: { ofParty: (party) => party.truststore() } },
    ...pemFiles({ certificate: 'tls.crt', key: 'tls.key', authority: 'ca.crt' }),
    configurationFile(server),
    configurationFile(options),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    return [
      { title: 'Spring Boot, application.properties', lines: server.lines(places.server) },
      ...(places.client === undefined
        ? []
        : [
            { title: 'options of a client, for java @file', lines: options.lines(places.client) },
            {
              title: 'prove it',
              command: [
                `keytool -list -keystore ${quote(`${places.client}/${KEYSTORE}`)} -storepass ${DEFAULT_PASSWORD}`,
              ],
            },
          ]),
    ];
  },
} as const satisfies Layout;
