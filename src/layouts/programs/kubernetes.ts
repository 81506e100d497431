import { GenerateCertsError, quote as quoteValue } from '../../errors.js';
import type { ParsedRequest } from '../../pki/request.js';
import type { Layout, NextStep, NextStepContext, Party, PartyFile } from '../layout.js';
import { FOLDERS, pemFiles, placesOf } from './folders.js';

const CA_NAME = 'generate-certs-ca';
/** By which all objects of this program are found, and removed: `kubectl delete secret -l …`. */
const LABELS = ['  labels:', '    app.kubernetes.io/managed-by: generate-certs'];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const indented = (pem: string) => pem.trimEnd().replace(/^/gm, '    ');

/** A Secret as cert-manager makes them. */
const secret: PartyFile = {
  name: () => 'secret.yaml',
  part: 'combined',
  secret: true,
  content: {
    ofParty: (party) =>
      [
        'apiVersion: v1',
        'kind: Secret',
        'type: kubernetes.io/tls',
        'metadata:',
        `  name: ${JSON.stringify(objectName(party))}`,
        ...LABELS,
        'data:',
        `  tls.crt: ${base64(party.pem)}`,
        `  tls.key: ${base64(party.privateKey.pem)}`,
        `  ca.crt: ${base64(party.trustedPem)}`,
        '',
      ].join('\n'),
  },
};

const configMap: PartyFile = {
  name: () => 'configmap.yaml',
  part: 'configuration',
  content: {
    ofParty: ({ trustedPem }) =>
      [
        'apiVersion: v1',
        'kind: ConfigMap',
        'metadata:',
        `  name: ${CA_NAME}`,
        ...LABELS,
        'data:',
        '  ca.crt: |',
        indented(trustedPem),
        '',
      ].join('\n'),
  },
};

/**
 * The name of a party's Secret: a DNS subdomain (RFC 1123), as every object's name is.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` where nothing is left
 */
function objectName({ fileName }: Pick<Party, 'fileName'>): string {
  const labels = fileName
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .split('.')
    .map((label) => label.replace(/^-+|-+$/g, ''));
  const name = labels.filter((label) => label !== '').join('.');
  if (name !== '') return name;
  throw new GenerateCertsError(
    'ERR_IDENTITY_INVALID',
    `${quoteValue(fileName)} leaves no name for a Secret of Kubernetes`,
    'use at least one letter a-z or digit',
  );
}

/** The names of the files of all parties that a request is for. */
function fileNames({ request, servers, peers, clients }: ParsedRequest): string[] {
  const nodes = [...servers, ...peers].filter(({ layouts }) => layouts?.includes('kubernetes') ?? true);
  return [
    ...[...nodes, ...clients].map(({ fileName }) => fileName),
    ...request.untrusted.map((flaw) => `untrusted-${flaw}`),
    ...request.untrustedServers.map((flaw) => `untrusted-server-${flaw}`),
  ];
}

/** Manifests to apply, under the names that cert-manager gives the parts of a Secret. */
export const kubernetes = {
  ...FOLDERS,
  name: 'kubernetes',
  consumer: 'Kubernetes',
  partyFiles: [
    ...pemFiles({ certificate: 'tls.crt', key: 'tls.key', authority: 'ca.crt' }),
    secret,
    configMap,
  ],
  check(request: ParsedRequest) {
    const taken = new Map<string, string>();
    for (const fileName of fileNames(request)) {
      const name = objectName({ fileName });
      const other = taken.get(name);
      if (other !== undefined) {
        throw new GenerateCertsError(
          'ERR_PARTY_CONFLICT',
          `${quoteValue(other)} and ${quoteValue(fileName)} would share the Secret ${quoteValue(name)}`,
          'rename one of them: names in Kubernetes have lower-case letters, digits, . and - only',
        );
      }
      taken.set(name, fileName);
    }
    return [];
  },
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote, out, parties } = context;
    const all = parties();
    const client = all.find(({ role }) => role === 'client');
    const server = all.find(({ role }) => role === 'server');
    const folders = [server && places.server, places.peer, places.client].filter(
      (folder) => folder !== undefined,
    );
    return [
      {
        title: 'a Secret for each party, and a ConfigMap with the CA',
        command: [`kubectl apply ${folders.map((folder) => `-f ${quote(folder)}`).join(' ')}`],
      },
      ...(server === undefined
        ? []
        : [
            {
              title: 'the volume of a pod that serves',
              lines: [
                'volumes:',
                '  - name: certs',
                '    secret:',
                `      secretName: ${JSON.stringify(objectName(server))}`,
              ],
            },
          ]),
      ...(client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `kubectl get secret ${objectName(client)} -o 'jsonpath={.data.tls\\.crt}' | base64 -d |`,
                `openssl verify -CAfile ${quote(`${places.client}/ca.crt`)}`,
              ],
            },
          ]),
      {
        title: "to go on with cert-manager, give it the set's CA",
        onlyIfAsked: true,
        command: [
          `kubectl create secret tls ${CA_NAME} --cert=${quote(`${out}/ca.pem`)} --key=${quote(`${out}/authority/ca.key`)}`,
        ],
      },
      {
        title: 'the Issuer of cert-manager that signs with it',
        onlyIfAsked: true,
        lines: [
          'apiVersion: cert-manager.io/v1',
          'kind: Issuer',
          'metadata:',
          '  name: generate-certs',
          'spec:',
          '  ca:',
          `    secretName: ${CA_NAME}`,
        ],
      },
    ];
  },
} as const satisfies Layout;
