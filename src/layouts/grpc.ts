import { type KeyType, RSA_TYPES } from '../pki/keys/key-types.js';
import { firstServer, type Layout, type NextStepContext, PEM_PAIR } from './layout.js';
import { DEFAULT_GRPC_PORT, tlsFlag } from './model-server.js';

/** As a CA's key it takes them (measured with grpcio 1.85). */
const NOT_IN_BORINGSSL: readonly KeyType[] = ['ec-p521', 'ed25519'];

/** The files of a model server's native gRPC TLS. */
export const grpc = {
  name: 'grpc',
  consumer: 'native gRPC TLS',
  madeByDefault: true,
  shape: 'flat',
  // The quickest to make first: all of them work.
  keyTypes: ['ec-p256', 'ec-p384', ...RSA_TYPES],
  keyTypeProblem: (type: KeyType) =>
    NOT_IN_BORINGSSL.includes(type)
      ? 'BoringSSL, on which gRPC and model servers are built, takes no signature of such a key'
      : undefined,
  unreadableKeyTypes: NOT_IN_BORINGSSL,
  reservedNames: ['server', 'ca'],
  partyFiles: PEM_PAIR,
  sharedFiles: [{ name: 'ca.pem', of: 'ca', part: 'certificate', content: ({ trustedPem }) => trustedPem }],
  nextSteps: ({ folder, quote, out, name, parties }: NextStepContext) => [
    {
      title: "add to the model server's command line",
      command: [
        `${tlsFlag('grpc', 'certificate')} ${quote(`${folder}/${firstServer(parties())}.pem`)}`,
        `${tlsFlag('grpc', 'key')} ${quote(`${folder}/${firstServer(parties())}.key`)}`,
        `${tlsFlag('grpc', 'ca')} ${quote(`${folder}/ca.pem`)}`,
      ],
    },
    {
      title: 'prove it',
      command: [
        `generate-certs verify --grpc ${quote(`${name.includes(':') ? `[${name}]` : name.replace(/^\*/, 'www')}:${DEFAULT_GRPC_PORT}`)}${out === 'certs' ? '' : ` --out ${quote(out)}`}`,
      ],
    },
  ],
} as const satisfies Layout;
