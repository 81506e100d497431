// A worker thread that makes parties: their keys and their certificates.
import { parentPort, workerData } from 'node:worker_threads';
import { signLeaf } from '../issue/leaf.js';
import { partyLeaf } from '../issue/party-leaf.js';
import { createSigner } from '../issue/signer.js';
import { type PrivateKey, privateKeyFromPem, quickKeyMaker } from '../keys/keys.js';
import { type BatchRequest, packParties, type ThreadData } from './thread-messages.js';

const { name, privateKeyPem, keyIdentifier, permittedDnsNames, validity, keyType } = workerData as ThreadData;
const signer = createSigner(
  // What is passed to a thread arrives without its class.
  { text: name.text, der: Buffer.from(name.der) },
  privateKeyFromPem(privateKeyPem) as PrivateKey,
  undefined,
  keyIdentifier,
);
const makeKey = quickKeyMaker(keyType);

parentPort?.on('message', ({ from, parties }: BatchRequest) => {
  const made = parties.map((party) => {
    const privateKey = makeKey();
    const leaf = partyLeaf(party, privateKey, { permittedDnsNames }, validity);
    const { serialNumber, der } = signLeaf(leaf, signer);
    const { publicKeyDer, pem } = privateKey;
    return { serialNumber, der, publicKeyDer, privateKeyPem: pem };
  });
  const reply = packParties(from, made);
  parentPort?.postMessage(reply, [reply.bytes.buffer, reply.lengths.buffer]);
});
