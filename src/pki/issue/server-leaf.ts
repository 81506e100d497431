import { leafName } from '../asn1/distinguished-name.js';
import type { PublicKey } from '../keys/keys.js';
import { commonNameOf, type Identity, type SubjectAltName } from '../names/identity.js';
import type { Authority } from './authority.js';
import type { Certificate, Validity } from './certificate.js';
import type { HierarchyTrust } from './hierarchy.js';
import type { Leaf } from './leaf.js';

/** What a server's certificate says of its names below a CA. */
export function serverLeaf(
  names: readonly Identity[],
  publicKey: PublicKey,
  authority: Pick<Authority, 'permittedDnsNames'>,
  validity: Validity,
  purpose: 'server' | 'peer' = 'server',
): Leaf {
  return {
    purpose,
    subject: leafName(serverCommonName(names, authority)),
    subjectAltNames: serverAltNames(names),
    publicKey,
    validity,
  };
}

/**
 * What a server's file holds behind its certificate: what stands between it and the root, and where nothing does
 * the root itself. Clients of the NGINX example trust `server.pem`, and Python's ssl does so only with the CA in it.
 */
export function withRoot(trust: HierarchyTrust): HierarchyTrust {
  const { authority, chain, trusted } = trust;
  return { authority, trusted, chain: chain.length === 0 ? [authority] : chain };
}

/** The chain with all roots that are trusted behind it, for clients that trust a server's file itself. */
export function chainWithRoots({
  chain,
  trusted,
}: Pick<HierarchyTrust, 'chain' | 'trusted'>): readonly Certificate[] {
  return [...chain, ...trusted.filter((root) => !chain.includes(root))];
}

/** The first name, where it may stand in a CN. */
function serverCommonName(
  names: readonly Identity[],
  authority: Pick<Authority, 'permittedDnsNames'>,
): string | undefined {
  const [first] = names;
  if (first === undefined) return undefined;
  // Where no DNS name is in the SAN, OpenSSL holds a CN that looks like one, as an address does, against the
  // CA's DNS subtrees (error 47).
  const constrained = authority.permittedDnsNames !== undefined && !names.some(({ kind }) => kind === 'dns');
  return constrained ? undefined : commonNameOf(first);
}

/** The server's SAN: every name in order; `localhost` brings its two loopback addresses with it. */
export function serverAltNames(names: readonly Identity[]): SubjectAltName[] {
  const all = names.flatMap(({ kind, value, subjectAltNames }) =>
    kind === 'dns' && value === 'localhost' ? [...subjectAltNames, ...LOOPBACK] : subjectAltNames,
  );
  return [...new Map(all.map((name) => [`${name.type}:${name.value}`, name])).values()];
}

const LOOPBACK: readonly SubjectAltName[] = [
  { type: 'IP', value: '127.0.0.1' },
  { type: 'IP', value: '::1' },
];
