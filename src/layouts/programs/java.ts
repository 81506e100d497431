import type { Credential } from '../../pki/credential.js';
import { DEFAULT_PASSWORD } from '../../pki/formats/default-password.js';
import { DEFAULT_STORE_PASSWORD } from '../../request/password.js';
import type { Layout, NextStep, NextStepContext } from '../layout.js';
import { type Configuration, configurationFile, FOLDERS, pemFiles, placesOf } from './folders.js';

const KEYSTORE = 'keystore.p12';
const TRUSTSTORE = 'truststore.p12';

/** Where a run reads the password of keystores from, and Spring Boot by the same name. */
const PASSWORD_VARIABLE = 'GENERATE_CERTS_PASSWORD';

/** Spring Boot's names; a file of properties takes values as they are, and fills in variables. */
const server: Configuration = {
  name: 'application.properties',
  side: 'server',
  secret: true,
  lines: (folder, { isDefault } = DEFAULT_STORE_PASSWORD) => {
    const password = isDefault ? DEFAULT_PASSWORD : `\${${PASSWORD_VARIABLE}}`;
    return [
      'server.ssl.enabled=true',
      'server.ssl.client-auth=need',
      `server.ssl.key-store=file:${folder}/${KEYSTORE}`,
      'server.ssl.key-store-type=PKCS12',
      `server.ssl.key-store-password=${password}`,
      `server.ssl.trust-store=file:${folder}/${TRUSTSTORE}`,
      'server.ssl.trust-store-type=PKCS12',
      `server.ssl.trust-store-password=${password}`,
    ];
  },
};

/**
 * An argument file of the `java` command: `java @java.options …`. Such a file knows no variables: a password of the user's
 * own goes into a second one, which this program does not write.
 */
const options: Configuration = {
  name: 'java.options',
  secret: true,
  lines: (folder, { isDefault } = DEFAULT_STORE_PASSWORD) => [
    ...[
      ['keyStore', `${folder}/${KEYSTORE}`],
      ['keyStoreType', 'PKCS12'],
      ...(isDefault ? [['keyStorePassword', DEFAULT_PASSWORD]] : []),
      ['trustStore', `${folder}/${TRUSTSTORE}`],
      ['trustStoreType', 'PKCS12'],
      ...(isDefault ? [['trustStorePassword', DEFAULT_PASSWORD]] : []),
    ].map(([name, value]) => `"-Djavax.net.ssl.${name}=${value?.replace(/["\\]/g, '\\$&')}"`),
    ...(isDefault
      ? []
      : ['# keyStorePassword and trustStorePassword are yours to add, in a file of your own']),
  ],
};

let last: { readonly of: string; readonly password: string; readonly store: Buffer } | undefined;

/** Parties by the thousand trust the same, and a truststore takes milliseconds. */
function truststoreOf(party: Credential, password: string): Buffer {
  const of = party.trustedPem;
  if (last?.of !== of || last.password !== password) {
    last = { of, password, store: party.truststore({ password }) };
  }
  return last.store;
}

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
      content: { ofParty: (party, { text }) => party.pkcs12({ password: text }) },
    },
    {
      name: () => TRUSTSTORE,
      part: 'truststore',
      content: { ofParty: (party, { text }) => truststoreOf(party, text) },
    },
    ...pemFiles({ certificate: 'tls.crt', key: 'tls.key', authority: 'ca.crt' }),
    configurationFile(server),
    configurationFile(options),
  ],
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote } = context;
    const password = { isDefault: context.hasDefaultPassword };
    const { passwordFile } = context;
    const opened = password.isDefault
      ? `-storepass ${DEFAULT_PASSWORD}`
      : `-storepass:env ${PASSWORD_VARIABLE}`;
    return [
      ...(password.isDefault || passwordFile === undefined
        ? []
        : [
            {
              title: 'the password, for the lines below',
              command: [`export ${PASSWORD_VARIABLE}="$(cat ${quote(passwordFile)})"`],
            },
          ]),
      { title: 'Spring Boot, application.properties', lines: server.lines(places.server, password) },
      ...(places.client === undefined
        ? []
        : [
            { title: 'options of a client, for java @file', lines: options.lines(places.client, password) },
            ...(password.isDefault ? [] : [PASSWORD_FILE]),
            {
              title: password.isDefault ? 'prove it' : `prove it, with the password in ${PASSWORD_VARIABLE}`,
              command: [`keytool -list -keystore ${quote(`${places.client}/${KEYSTORE}`)} ${opened}`],
            },
          ]),
    ];
  },
} as const satisfies Layout;

/** In double quotes, an argument file takes a backslash and a quote with a backslash before them. */
const PASSWORD_FILE: NextStep = {
  title: `a second file, from ${PASSWORD_VARIABLE}: java @java.options @java.password`,
  command: [
    `(umask 077; escaped=$(printf %s "$${PASSWORD_VARIABLE}" | sed 's/["\\\\]/\\\\&/g');`,
    `printf '"-Djavax.net.ssl.%s=%s"\\n' keyStorePassword "$escaped" trustStorePassword "$escaped" > java.password)`,
  ],
};
