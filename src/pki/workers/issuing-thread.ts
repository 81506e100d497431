// A worker thread that makes clients: their keys and their certificates.
import { parentPort, workerData } from 'node:worker_threads';
import { clientLeaf, signLeaf } from '../issue/leaf.js';
import { createSigner } from '../issue/signer.js';
import { ecKeyMaker, type PrivateKey, privateKeyFromPem } from '../keys/keys.js';
import { type BatchRequest, packClients, type ThreadData } from './thread-messages.js';

const { name, privateKeyPem, keyIdentifier, permittedDnsNames, validity, keyType } = workerData as ThreadData;
const signer = createSigner(
  // What is passed to a thread arrives without its class.
  { text: name.text, der: Buffer.from(name.der) },
  privateKeyFromPem(privateKeyPem) as PrivateKey,
  undefined,
  keyIdentifier,
);
const makeKey = ecKeyMaker(keyType);

parentPort?.on('message', ({ from, clients }: BatchRequest) => {
  const made = clients.map(({ identity }) => {
    const privateKey = makeKey();
    const leaf = clientLeaf(identity, privateKey, { permittedDnsNames }, validity);
    const { serialNumber, der } = signLeaf(leaf, signer);
    const { publicKeyDer, pem } = privateKey;
    return { serialNumber, der, publicKeyDer, privateKeyPem: pem };
  });
  const reply = packClients(from, made);
  parentPort?.postMessage(reply, [reply.bytes.buffer, reply.lengths.buffer]);
});
