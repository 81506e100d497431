import type { Credential } from '../pki/credential.js';
import { chainWithRoots } from '../pki/issue/server-leaf.js';
import type { KeyType } from '../pki/keys/key-types.js';
import type { ParsedRequest } from '../pki/request.js';
import { FFDHE3072_PEM } from './ffdhe3072.js';
import { firstOf, firstServer, type Layout, type NextStepContext, PEM_PAIR } from './layout.js';

const FRONT = {
  clientCa: 'client_cert_ca.pem',
  revocationList: 'client_cert_ca.crl',
};
const DH_PARAMETERS = 'dhparam.pem';

/** The image's own user, who cannot read another user's 0600 key. */
const IMAGE_USER = '5000';

function userOption(keyReader: NextStepContext['keyReader']): string {
  if (keyReader === 'everybody') return '';
  if (keyReader === 'self') return ' --user "$(id -u)"';
  return keyReader.owner.split(':')[0] === IMAGE_USER ? '' : ` --user ${keyReader.owner}`;
}

/** The example's clients trust `server.pem` itself, and Python's ssl does so only with the root in it. */
const content = {
  ofParty: (party: Credential) =>
    party.role === 'server'
      ? [party.certificate, ...chainWithRoots(party)].map(({ pem }) => pem).join('')
      : party.pem,
};

/** The example's own `ssl_verify_depth`: how many CAs it takes between the root and a client. */
const VERIFY_DEPTH = 1;

/** The files of OpenVINO Model Server's NGINX mTLS example, under the names of its `generate_certs.sh`. */
export const nginx = {
  name: 'nginx',
  consumer: 'the NGINX mTLS example',
  madeByDefault: true,
  shape: 'flat',
  // Its gRPC listener takes P-256 and its REST listener P-384 alone, so that only RSA fits both.
  keyTypes: ['rsa-2048', 'rsa-3072', 'rsa-4096'],
  keyTypeProblem(type: KeyType) {
    switch (type) {
      case 'ec-p256':
        return "its REST listener pins ssl_ecdh_curve secp384r1 and fails with 'wrong curve'";
      case 'ec-p384':
        return 'its gRPC listener speaks TLS 1.2, in which gRPC C-core offers P-256 alone';
      case 'ec-p521':
        return "its listeners pin ssl_ecdh_curve to other curves and fail with 'wrong curve'";
      case 'ed25519':
        return 'the gRPC clients of its wheel are built on BoringSSL, which takes no signature of such a key';
      default:
        return undefined;
    }
  },
  reservedNames: ['server', 'client_cert_ca', 'dhparam'],
  partyFiles: PEM_PAIR.map((file) => (file.part === 'certificate' ? { ...file, content } : file)),
  sharedFiles: [
    {
      name: FRONT.clientCa,
      of: 'ca',
      part: 'certificate',
      content: ({ trustedPem }) => trustedPem,
    },
    {
      name: FRONT.revocationList,
      of: 'ca',
      part: 'revocationList',
      content: ({ revocationLists }) => revocationLists.map(({ pem }) => pem).join(''),
    },
    { name: DH_PARAMETERS, of: 'consumer', part: 'parameters', content: () => FFDHE3072_PEM },
  ],
  checksParties: false,
  check({ request: { intermediates } }: ParsedRequest) {
    if (intermediates <= VERIFY_DEPTH) return [];
    return [
      {
        message: `the NGINX mTLS example takes ${VERIFY_DEPTH} CA between the root and a client, and the set has ${intermediates}`,
        hint: `set ssl_verify_depth ${intermediates} in its configuration`,
      },
    ];
  },
  front: FRONT,
  nextSteps: ({ folder, quote, keyReader, isAlone, name, parties }: NextStepContext) => {
    const file = (fileName: string) => quote(`${folder}/${fileName}`);
    const all = parties();
    const server = firstServer(all);
    const client = firstOf('client', all)?.fileName;
    return [
      {
        title: 'NGINX',
        lines: [
          `ssl_certificate ${file(`${server}.pem`)}; ssl_certificate_key ${file(`${server}.key`)};`,
          `ssl_client_certificate ${file(FRONT.clientCa)}; ssl_crl ${file(FRONT.revocationList)};`,
          'ssl_verify_client on;',
        ],
      },
      ...(client === undefined
        ? []
        : [
            {
              title: 'prove it, with the port that NGINX listens on',
              command: [
                `curl --cacert ${file(FRONT.clientCa)} --cert ${file(`${client}.pem`)} --key ${file(`${client}.key`)}`,
                `https://${name.includes(':') ? `[${name}]` : name.replace(/^\*/, 'www')}:443/`,
              ],
            },
          ]),
      {
        title: 'start the image of OpenVINO Model Server with NGINX',
        onlyIfAsked: true,
        command: [
          `docker run --rm -it${userOption(keyReader)}`,
          '-v "$PWD/model:/models/face-detection/1:ro"',
          // The folder, not its files: a file that is mounted by itself stays the old one after a renewal. The
          // CA's key is not for the container.
          `-v ${quote(`${folder}:/certs:ro`)}${isAlone ? ' --tmpfs /certs/authority' : ''}`,
          '-p 3335:3335 -p 2225:2225 openvino/model_server:latest-nginx-mtls',
          '--model_path /models/face-detection --model_name face-detection --port 3335 --rest_port 2225',
        ],
      },
    ];
  },
} as const satisfies Layout;
