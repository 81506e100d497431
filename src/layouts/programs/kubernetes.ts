import type { Warning } from '../../errors.js';
import type { ParsedRequest } from '../../pki/request.js';
import type { CertificateSet } from '../../pki/set.js';
import {
  firstOf,
  type Layout,
  type NextStep,
  type NextStepContext,
  type PartyFile,
  type SharedFile,
} from '../layout.js';
import { FOLDERS, pemFiles, placesOf } from './folders.js';
import { CA_NAME, refuseSharedSecrets, secretName } from './kubernetes-names.js';

const ISSUER_NAME = 'generate-certs';
/** By which all objects of this program are found, and removed: `kubectl delete secret -l …`. */
const LABELS = ['  labels:', '    app.kubernetes.io/managed-by: generate-certs'];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const indented = (pem: string) => pem.trimEnd().replace(/^/gm, '    ');

/** A Secret as cert-manager makes them. */
const secretOf = (name: string, parts: Readonly<Record<string, string>>) =>
  [
    'apiVersion: v1',
    'kind: Secret',
    'type: kubernetes.io/tls',
    'metadata:',
    `  name: ${JSON.stringify(name)}`,
    ...LABELS,
    'data:',
    ...Object.entries(parts).map(([key, pem]) => `  ${key}: ${base64(pem)}`),
    '',
  ].join('\n');

const secret: PartyFile = {
  name: () => 'secret.yaml',
  part: 'combined',
  secret: true,
  content: {
    ofParty: ({ fileName, pem, privateKey, trustedPem }) =>
      secretOf(secretName(fileName), { 'tls.crt': pem, 'tls.key': privateKey.pem, 'ca.crt': trustedPem }),
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
 * The CA that signs the set's parties. cert-manager signs with the first certificate, hands out the others as the chain,
 * and takes the last for the root (its `pki.SignCSRTemplate`).
 */
const caSecret: SharedFile = {
  name: 'ca-secret.yaml',
  of: 'consumer',
  part: 'combined',
  secret: true,
  content: ({ authority, intermediates, issuer }: CertificateSet) => {
    const chain = [...[...intermediates].reverse(), authority];
    return secretOf(CA_NAME, {
      'tls.crt': chain.map(({ certificate }) => certificate.pem).join(''),
      'tls.key': issuer.privateKey.pem,
    });
  },
};

const issuer: SharedFile = {
  name: 'issuer.yaml',
  of: 'consumer',
  part: 'configuration',
  content: () =>
    [
      'apiVersion: cert-manager.io/v1',
      'kind: Issuer',
      'metadata:',
      `  name: ${ISSUER_NAME}`,
      ...LABELS,
      'spec:',
      '  ca:',
      `    secretName: ${CA_NAME}`,
      '',
    ].join('\n'),
};

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
  takesIssuer: true,
  issuerFiles: [caSecret, issuer],
  check(request: ParsedRequest): Warning[] {
    refuseSharedSecrets(fileNames(request), request.request);
    if (!request.request.issuer) return [];
    return [
      {
        message: "authority/kubernetes/ca-secret.yaml holds the CA's private key",
        hint: 'apply it in a namespace of its own: every account that can read Secrets there can sign certificates',
      },
    ];
  },
  nextSteps(context: NextStepContext): NextStep[] {
    const places = placesOf(context);
    const { quote, parties } = context;
    const all = parties();
    const client = firstOf('client', all);
    const server = firstOf('server', all);
    const folders = [server && places.server, places.peer, places.client].filter(
      (folder) => folder !== undefined,
    );
    return [
      {
        title: 'the Secret of a party, and a ConfigMap with the CA',
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
                `      secretName: ${JSON.stringify(secretName(server.fileName))}`,
              ],
            },
          ]),
      ...(client === undefined
        ? []
        : [
            {
              title: 'prove it',
              command: [
                `kubectl get secret ${secretName(client.fileName)} -o 'jsonpath={.data.tls\\.crt}' | base64 -d |`,
                `openssl verify -CAfile ${quote(`${places.client}/ca.crt`)}`,
              ],
            },
          ]),
      ...issuerSteps(context),
    ];
  },
} as const satisfies Layout;

/** How cert-manager goes on with the set's CA: by what was made for it, or by what it would take. */
function issuerSteps({ out, quote, issuer: state }: NextStepContext): NextStep[] {
  if (state === 'refused') return [];
  if (state === 'made') {
    return [
      {
        title: 'the Issuer with which cert-manager signs, and the Secret of its CA',
        command: [`kubectl apply -f ${quote(`${out}/authority/kubernetes`)}`],
      },
    ];
  }
  return [
    {
      title: "to go on with cert-manager, which signs with the set's CA then",
      onlyIfAsked: true,
      command: [`generate-certs --out ${quote(out)} --issuer`],
    },
  ];
}
