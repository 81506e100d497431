import { NULL } from '../asn1/der.js';
import { authorityName, leafName } from '../asn1/distinguished-name.js';
import { critical, type Extension } from '../asn1/extensions.js';
import { ClientCredential } from '../credential.js';
import { type Authority, createAuthority } from '../issue/authority.js';
import type { Certificate, Validity } from '../issue/certificate.js';
import { clientLeaf, type Leaf, signLeaf } from '../issue/leaf.js';
import { createSigner, type Signer } from '../issue/signer.js';
import { freshKeys, type KeySource } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import type { PrivateKey } from '../keys/keys.js';
import { type Identity, parseClientIdentity, type SubjectAltName } from '../names/identity.js';
import { type Departure, type FlawName, findFlaw, flawFileName } from './flaws.js';

/** What flawed clients are made of. */
export interface FlawedContext {
  readonly authority: Authority;
  readonly validity: Validity;
  /** When the set was made. */
  readonly createdAt: Date;
  /** The valid client that they are like in everything but the flaw; a plain `client` when absent. */
  readonly model?: Identity | undefined;
  /** The key that they share with each other and with no valid client. */
  readonly privateKey: PrivateKey;
  readonly caKey: KeyType;
  /** The serial number kept for the `revoked` flaw. */
  readonly revokedSerialNumber: string;
  /** New keys when absent. */
  readonly keys?: KeySource | undefined;
}

/** Makes the client with this flaw: a valid client's certificate that departs from it in one thing. */
export async function issueFlawed(name: FlawName, context: FlawedContext): Promise<ClientCredential> {
  const { departure } = findFlaw(name);
  const { authority, validity } = context;
  const privateKey =
    departure.key === undefined ? context.privateKey : await (context.keys ?? freshKeys)(departure.key, name);
  const valid = clientLeaf(context.model ?? parseClientIdentity('client'), privateKey, authority, validity);
  const leaf: Leaf = {
    ...valid,
    purpose: departure.purpose ?? valid.purpose,
    validity: departedValidity(departure, context),
    serialNumber: departure.serialNumber === undefined ? undefined : context.revokedSerialNumber,
    subjectAltNames: departure.outsideNames === undefined ? valid.subjectAltNames : outsideNames(authority),
    extensions: departure.unknownCriticalExtension === undefined ? [] : [unknownCriticalExtension()],
  };
  const { signer, chain } = await signerOf(departure, leaf, context);
  const certificate = signLeaf(leaf, signer);
  return new ClientCredential({
    role: 'untrusted',
    name: flawFileName(name),
    fileName: flawFileName(name),
    flaw: name,
    certificate: departure.tampered === undefined ? certificate : tamper(certificate),
    chain,
    privateKey,
    authority: authority.certificate,
  });
}

const HOUR_MS = 3_600_000;

/** As long a life as a valid certificate has, at another time. */
function departedValidity(departure: Departure, { validity, createdAt }: FlawedContext): Validity {
  const life = validity.notAfter.getTime() - validity.notBefore.getTime();
  switch (departure.validity) {
    case 'ended': {
      const end = createdAt.getTime() - HOUR_MS;
      return { notBefore: new Date(end - life), notAfter: new Date(end) };
    }
    case 'not-begun': {
      const begin = validity.notAfter.getTime() + HOUR_MS;
      return { notBefore: new Date(begin), notAfter: new Date(begin + life) };
    }
    default:
      return validity;
  }
}

/** Who signs, and what a verifier needs between the leaf and the CA. */
async function signerOf(
  departure: Departure,
  leaf: Leaf,
  context: FlawedContext,
): Promise<{ signer: Signer; chain: Certificate[] }> {
  const { authority, validity, caKey, keys = freshKeys } = context;
  const makeKey = (type: KeyType) => keys(type, departure.signer ?? '');
  switch (departure.signer) {
    case 'namesake-ca': {
      const namesake = await createAuthority({ key: caKey, makeKey, validity, name: authority.signer.name });
      return { signer: namesake.signer, chain: [] };
    }
    case 'self':
      return { signer: createSigner(leafName(leaf.commonName), leaf.privateKey), chain: [] };
    case 'client': {
      const name = 'a client that signs';
      const key = await makeKey(caKey);
      const issuing = clientLeaf(parseClientIdentity(name), key, authority, validity);
      const certificate = signLeaf(issuing, authority.signer);
      return { signer: createSigner(leafName(name), key), chain: [certificate] };
    }
    case 'sub-ca': {
      const subordinate = await createAuthority({
        key: caKey,
        makeKey,
        validity,
        name: SUBORDINATE_NAME,
        parent: authority.signer,
      });
      return { signer: subordinate.signer, chain: [subordinate.certificate] };
    }
    default: {
      if (departure.hash === undefined) return { signer: authority.signer, chain: [] };
      const { name } = authority.signer;
      return { signer: createSigner(name, authority.privateKey, departure.hash), chain: [] };
    }
  }
}

const SUBORDINATE_NAME = authorityName('sub-CA');

/** A DNS name below none of the subtrees that the CA permits. */
function outsideNames({ permittedDnsNames = [] }: Authority): SubjectAltName[] {
  const permitted = (name: string) =>
    permittedDnsNames.some((subtree) => name === subtree || name.endsWith(`.${subtree}`));
  // The names that RFC 6761 keeps from ever being anybody's, then one that nobody asked for.
  const candidates = [
    'outside.invalid',
    'outside.test',
    'outside.example',
    `outside-${permittedDnsNames.length}`,
  ];
  return [{ type: 'DNS', value: candidates.find((name) => !permitted(name)) ?? 'outside.invalid' }];
}

/** An OID below the number that RFC 5612 keeps for documentation, so that nobody will ever know it. */
function unknownCriticalExtension(): Extension {
  return critical('1.3.6.1.4.1.32473.1', NULL);
}

/** Turns over the last bit: the lowest of the signature's value, so that its encoding stays valid. */
function tamper(certificate: Certificate): Certificate {
  const der = Buffer.from(certificate.der);
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  return certificate.withDer(der);
}
