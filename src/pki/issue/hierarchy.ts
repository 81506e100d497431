import { randomBytes } from 'node:crypto';
import { authorityName } from '../asn1/distinguished-name.js';
import type { KeyType } from '../keys/key-types.js';
import type { PrivateKey } from '../keys/keys.js';
import { type Authority, createAuthority } from './authority.js';
import type { Certificate, Validity } from './certificate.js';

/** The CAs of a set: the root that both sides trust, and those below it that sign. */
export interface Hierarchy {
  readonly root: Authority;
  /** Each signed by the one before it, the first by the root. The last signs the leaves. */
  readonly intermediates: readonly Authority[];
  /** Other roots that both sides trust, while one CA takes another's place. */
  readonly alsoTrusted?: readonly Certificate[] | undefined;
}

/** The CA that signs servers and clients. */
export function issuerOf({ root, intermediates }: Hierarchy): Authority {
  return intermediates.at(-1) ?? root;
}

/** Every CA, the one that signs leaves first and the root last. */
export function authoritiesOf({ root, intermediates }: Hierarchy): readonly Authority[] {
  return [...intermediates.toReversed(), root];
}

/** What every credential below these CAs has in common. */
export interface HierarchyTrust {
  readonly authority: Certificate;
  readonly chain: readonly Certificate[];
  readonly trusted: readonly Certificate[];
}

const known = new WeakMap<Hierarchy, HierarchyTrust>();

/** The root, what stands between it and a leaf, and all roots that are trusted: the same lists for all credentials. */
export function trustOf(hierarchy: Hierarchy): HierarchyTrust {
  const { root, intermediates, alsoTrusted = [] } = hierarchy;
  const trust = known.get(hierarchy) ?? {
    authority: root.certificate,
    chain: intermediates.map(({ certificate }) => certificate).toReversed(),
    trusted: [root.certificate, ...alsoTrusted],
  };
  known.set(hierarchy, trust);
  return trust;
}

export interface HierarchyOptions {
  readonly key: KeyType;
  /** Makes the key of a CA, by its place: `ca`, `intermediate 1`, and so on. */
  readonly makeKey: (type: KeyType, use: string) => Promise<PrivateKey>;
  readonly validity: Validity;
  readonly permittedDnsNames?: readonly string[] | undefined;
  readonly intermediates: number;
  /** A new one when absent. */
  readonly root?: Authority | undefined;
}

/**
 * Makes a root with intermediates below it.
 *
 * @internal
 */
export async function createHierarchy(options: HierarchyOptions): Promise<Hierarchy> {
  const { key, makeKey, validity, permittedDnsNames, intermediates: count } = options;
  const root =
    options.root ??
    (await createAuthority({
      key,
      makeKey: (type) => makeKey(type, 'ca'),
      validity,
      permittedDnsNames,
      pathLength: count,
    }));
  const intermediates: Authority[] = [];
  // Several sets may be below a root that was brought.
  const distinction = options.root === undefined ? distinctionOf(root) : randomBytes(4).toString('hex');
  for (let place = 1; place <= count; place++) {
    intermediates.push(
      await createAuthority({
        key,
        makeKey: (type) => makeKey(type, `intermediate ${place}`),
        validity,
        permittedDnsNames: root.permittedDnsNames,
        name: authorityName(`${distinction} intermediate ${place}`),
        parent: (intermediates.at(-1) ?? root).signer,
        pathLength: count - place,
      }),
    );
  }
  return { root, intermediates };
}

/**
 * The same CAs, keys and names, for another life.
 *
 * @param options.root of another folder: it has a life of its own
 */
export async function renewHierarchy(
  { root, intermediates }: Hierarchy,
  validity: Validity,
  { root: brought }: { readonly root?: Authority | undefined } = {},
): Promise<Hierarchy> {
  const again = (old: Authority, pathLength: number, parent?: Authority) =>
    createAuthority({
      key: old.privateKey.type as KeyType,
      privateKey: old.privateKey,
      name: old.signer.name,
      validity,
      permittedDnsNames: old.permittedDnsNames,
      pathLength,
      parent: parent?.signer,
    });
  const renewedRoot = brought ?? (await again(root, intermediates.length));
  const renewed: Authority[] = [];
  for (const [index, old] of intermediates.entries()) {
    renewed.push(await again(old, intermediates.length - index - 1, renewed.at(-1) ?? renewedRoot));
  }
  return { root: renewedRoot, intermediates: renewed };
}

/** The digits that tell one set's CA from another's; those of the key where its name has none. */
function distinctionOf({ certificate, signer }: Authority): string {
  return (
    /^CN=generate-certs test CA ([0-9a-f]{8}),/.exec(certificate.subject)?.[1] ??
    signer.keyIdentifier.slice(0, 8)
  );
}
