import { NULL } from '../asn1/der.js';
import { authorityName } from '../asn1/distinguished-name.js';
import { critical, type Extension } from '../asn1/extensions.js';
import { ClientCredential, ServerCredential } from '../credential.js';
import { type Authority, createAuthority } from '../issue/authority.js';
import type { Certificate, Validity } from '../issue/certificate.js';
import { type Hierarchy, issuerOf, trustOf } from '../issue/hierarchy.js';
import { clientLeaf, type Leaf, signLeaf } from '../issue/leaf.js';
import { serverLeaf } from '../issue/server-leaf.js';
import { createSigner, type Signer } from '../issue/signer.js';
import { freshKeys } from '../keys/key-source.js';
import type { KeyType } from '../keys/key-types.js';
import type { PrivateKey } from '../keys/keys.js';
import { type Identity, parseClientIdentity } from '../names/identity.js';
import type { Departure, Side } from './catalogue.js';
import type { FlawedContext } from './context.js';
import { departedNames, withOutsideName } from './flawed-names.js';
import {
  type FlawName,
  findFlaw,
  findServerFlaw,
  flawFileName,
  type ServerFlawName,
  serverFlawFileName,
} from './flaws.js';

export interface FlawedClientContext extends FlawedContext {
  /** The valid client that they are like in everything but the flaw; a plain `client` when absent. */
  readonly model?: Identity | undefined;
}

export interface FlawedServerContext extends FlawedContext {
  /** The names of the valid server that they are like in everything but the flaw. */
  readonly names: readonly Identity[];
}

/** Makes the client with this flaw: a valid client's certificate that departs from it in one thing. */
export async function issueFlawed(name: FlawName, context: FlawedClientContext): Promise<ClientCredential> {
  const identity = context.model ?? parseClientIdentity('client');
  const leafOf = (key: PrivateKey) =>
    clientLeaf(identity, key, issuerOf(context.hierarchy), context.validity);
  const made = await issueDeparted('client', findFlaw(name).departure, leafOf, context);
  const fileName = flawFileName(name);
  return new ClientCredential({
    role: 'untrusted',
    name: fileName,
    fileName,
    flaw: name,
    material: made,
    ...made,
  });
}

/** Makes the server with this flaw, which belongs to no set yet: a valid one that departs from it in one thing. */
export async function issueFlawedServer(
  name: ServerFlawName,
  context: FlawedServerContext,
): Promise<ServerCredential> {
  const { departure } = findServerFlaw(name);
  const issuer = issuerOf(context.hierarchy);
  const leafOf = (key: PrivateKey): Leaf => {
    const valid = serverLeaf(context.names, key, issuer, context.validity);
    if (departure.names === undefined) return valid;
    return { ...valid, subjectAltNames: departedNames(departure.names, context.names, issuer) };
  };
  const made = await issueDeparted('server', departure, leafOf, context);
  const fileName = serverFlawFileName(name);
  const fields = {
    role: 'untrusted-server',
    name: fileName,
    fileName,
    flaw: name,
    material: made,
    ...made,
  } as const;
  return new ServerCredential(fields);
}

/** The one interpreter of departures, for both sides. */
async function issueDeparted(
  side: Side,
  departure: Departure,
  leafOf: (key: PrivateKey) => Leaf,
  context: FlawedContext,
) {
  const { hierarchy, keys = freshKeys } = context;
  const privateKey = departure.key === undefined ? context.privateKey : await keys(departure.key, 'weak-key');
  const valid = leafOf(privateKey);
  const leaf: Leaf = {
    ...valid,
    purpose: departure.purpose ?? valid.purpose,
    keyUsage: departure.keyUsage,
    validity: departedValidity(departure, context),
    serialNumber: departure.serialNumber === undefined ? undefined : context.revokedSerialNumber,
    subjectAltNames:
      departure.outsideNames === undefined
        ? valid.subjectAltNames
        : withOutsideName(side, valid, issuerOf(hierarchy)),
    extensions: departure.unknownCriticalExtension === undefined ? [] : [unknownCriticalExtension()],
  };
  const { signer, chain } = await signerOf(side, departure, { leaf, privateKey }, context);
  const certificate = signLeaf(leaf, signer);
  return {
    ...trustOf(hierarchy),
    certificate: departure.tampered === undefined ? certificate : tamper(certificate),
    chain: departure.chain === undefined ? chain : [],
    privateKey,
  };
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
  side: Side,
  departure: Departure,
  { leaf, privateKey }: { readonly leaf: Leaf; readonly privateKey: PrivateKey },
  context: FlawedContext,
): Promise<{ signer: Signer; chain: readonly Certificate[] }> {
  const { hierarchy, validity, caKey, keys = freshKeys } = context;
  const issuer = issuerOf(hierarchy);
  const { chain } = trustOf(hierarchy);
  const makeKey = (type: KeyType) => keys(type, departure.signer ?? '');
  switch (departure.signer) {
    case 'namesake-ca': {
      const namesake = await createNamesake(hierarchy, { key: caKey, makeKey, validity });
      return { signer: issuerOf(namesake).signer, chain: trustOf(namesake).chain };
    }
    case 'self':
      return { signer: createSigner(leaf.subject, privateKey), chain: [] };
    case 'leaf': {
      const key = await makeKey(caKey);
      const name = `a ${side} that signs`;
      const { subject, subjectAltNames } = clientLeaf(parseClientIdentity(name), key, issuer, validity);
      const issuing: Leaf = { purpose: side, subject, subjectAltNames, publicKey: key, validity };
      const certificate = signLeaf(issuing, issuer.signer);
      return { signer: createSigner(subject, key), chain: [certificate, ...chain] };
    }
    case 'sub-ca': {
      const subordinate = await createAuthority({
        key: caKey,
        makeKey,
        validity,
        name: SUBORDINATE_NAME,
        parent: issuer.signer,
      });
      return { signer: subordinate.signer, chain: [subordinate.certificate, ...chain] };
    }
    default: {
      if (departure.hash === undefined) return { signer: issuer.signer, chain };
      const { name, keyIdentifier } = issuer.signer;
      return { signer: createSigner(name, issuer.privateKey, departure.hash, keyIdentifier), chain };
    }
  }
}

/** Other CAs of the very names, from the root down. */
async function createNamesake(
  { root, intermediates }: Hierarchy,
  options: {
    readonly key: KeyType;
    readonly makeKey: (type: KeyType) => Promise<PrivateKey>;
    readonly validity: Validity;
  },
): Promise<Hierarchy> {
  const pathLength = intermediates.length;
  // Loaded without its key, a root has no signer.
  const name = root.certificate.subjectName;
  const namesake = await createAuthority({ ...options, name, pathLength });
  const below: Authority[] = [];
  for (const [index, { signer }] of intermediates.entries()) {
    const parent = (below.at(-1) ?? namesake).signer;
    below.push(
      await createAuthority({ ...options, name: signer.name, parent, pathLength: pathLength - index - 1 }),
    );
  }
  return { root: namesake, intermediates: below };
}

const SUBORDINATE_NAME = authorityName('sub-CA');

/** An OID below the number that RFC 5612 keeps for documentation, so that no verifier knows it. */
function unknownCriticalExtension(): Extension {
  return critical('1.3.6.1.4.1.32473.1', NULL);
}

/** Turns over the last bit: the lowest of the signature's value, so that its encoding stays valid. */
function tamper(certificate: Certificate): Certificate {
  const der = Buffer.from(certificate.der);
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  return certificate.withDer(der);
}
