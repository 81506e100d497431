import { KEY_TYPES } from '../pki/keys/key-types.js';
import type { Layout } from './layout.js';

/** The files of a model server's native gRPC TLS. */
export const grpc: Layout = {
  name: 'grpc',
  consumer: 'native gRPC TLS',
  // The quickest to make first: all of them work.
  keyTypes: ['ec-p256', 'ec-p384', ...KEY_TYPES.filter((type) => type.startsWith('rsa-'))],
  keyTypeProblem: () => undefined,
  reservedNames: ['server', 'ca'],
  ownFiles: (set) => [
    { name: 'ca.pem', content: set.authority.certificate.pem, of: 'ca', part: 'certificate' },
  ],
  nextSteps: ({ folder, quote }) => [
    {
      title: "add to the model server's command line",
      command: [
        `--grpc_certificate_path ${quote(`${folder}/server.pem`)}`,
        `--grpc_key_path ${quote(`${folder}/server.key`)}`,
        `--grpc_ca_path ${quote(`${folder}/ca.pem`)}`,
      ],
    },
  ],
};
