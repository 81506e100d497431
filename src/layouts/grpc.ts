import { KEY_TYPES } from '../pki/keys/key-types.js';
import { firstServer, type Layout, type NextStepContext, PEM_PAIR } from './layout.js';
import { DEFAULT_GRPC_PORT, tlsFlag } from './model-server.js';

/** The files of a model server's native gRPC TLS. */
export const grpc = {
  name: 'grpc',
  consumer: 'native gRPC TLS',
  madeByDefault: true,
  shape: 'flat',
  // The quickest to make first: all of them work.
  keyTypes: ['ec-p256', 'ec-p384', ...KEY_TYPES.filter((type) => type.startsWith('rsa-'))],
  keyTypeProblem: () => undefined,
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
