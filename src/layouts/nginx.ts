import type { KeyType } from '../pki/keys/key-types.js';
import { FFDHE3072_PEM } from './ffdhe3072.js';
import type { Layout, NextStepContext } from './layout.js';

/** The files that the example's container has mounted at /certs. */
const MOUNTED = ['server.pem', 'server.key', 'client_cert_ca.pem', 'client_cert_ca.crl', 'dhparam.pem'];

/** The image's own user, who cannot read another user's 0600 key. */
const IMAGE_USER = '5000';

function userOption(keyReader: NextStepContext['keyReader']): string {
  if (keyReader === 'everybody') return '';
  if (keyReader === 'self') return ' --user "$(id -u)"';
  return keyReader.owner.split(':')[0] === IMAGE_USER ? '' : ` --user ${keyReader.owner}`;
}

/** The files of OpenVINO Model Server's NGINX mTLS example, under the names of its `generate_certs.sh`. */
export const nginx: Layout = {
  name: 'nginx',
  consumer: 'the NGINX mTLS example',
  // Its gRPC listener takes P-256 and its REST listener P-384 alone, so that only RSA fits both.
  keyTypes: ['rsa-2048', 'rsa-3072', 'rsa-4096'],
  keyTypeProblem(type: KeyType) {
    switch (type) {
      case 'ec-p256':
        return "its REST listener pins ssl_ecdh_curve secp384r1 and fails with 'wrong curve'";
      case 'ec-p384':
        return 'its gRPC listener speaks TLS 1.2, in which gRPC C-core offers P-256 alone';
      default:
        return undefined;
    }
  },
  reservedNames: ['server', 'client_cert_ca', 'dhparam'],
  ownFiles: (set) => [
    { name: 'client_cert_ca.pem', content: set.authority.certificate.pem, of: 'ca', part: 'certificate' },
    { name: 'client_cert_ca.crl', content: set.revocationList.pem, of: 'ca', part: 'revocationList' },
    { name: 'dhparam.pem', content: FFDHE3072_PEM, of: 'consumer', part: 'parameters' },
  ],
  nextSteps: ({ folder, quote, keyReader }) => [
    {
      title: 'start the NGINX image',
      command: [
        `docker run --rm -it${userOption(keyReader)}`,
        '-v "$PWD/model:/models/face-detection/1:ro"',
        ...MOUNTED.map((name) => `-v ${quote(`${folder}/${name}:/certs/${name}:ro`)}`),
        '-p 3335:3335 -p 2225:2225 openvino/model_server:nginx-mtls',
        '--model_path /models/face-detection --model_name face-detection --port 3335 --rest_port 2225',
      ],
    },
  ],
};
