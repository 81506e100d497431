import { GenerateCertsError, quote } from '../../errors.js';
import { formatDistance, isoSeconds } from '../../util/moments.js';
import type { Flaw } from '../flaws/catalogue.js';
import type { Authority } from '../issue/authority.js';
import type { Certificate } from '../issue/certificate.js';
import { createSigner, hasOwnHash } from '../issue/signer.js';
import { isQuickType, type PrivateKey } from '../keys/keys.js';
import { dnsNamesOf, type Identity } from '../names/identity.js';

/** What a CA that someone else made lets its holder do. */
export interface BroughtAuthority {
  readonly authority: Authority;
  /** How many CAs may stand between it and a leaf; any number when absent. */
  readonly pathLength: number | undefined;
  /** DNS names that it may not sign, with all below them. */
  readonly excludedDnsNames: readonly string[];
  /** Whether it may sign revocation lists. */
  readonly signsLists: boolean;
}

/**
 * A root CA that someone else made, as what signs a set.
 *
 * @param where what the messages call it
 * @throws {@link GenerateCertsError} `ERR_CA_INVALID` where it cannot sign a set
 */
export async function bringAuthority(
  certificate: Certificate,
  privateKey: PrivateKey,
  where: string,
  now: Date,
): Promise<BroughtAuthority> {
  const invalid = (problem: string, hint: string) =>
    new GenerateCertsError('ERR_CA_INVALID', `the CA in ${quote(where)} ${problem}`, hint);
  const { x509, readPermittedDnsNames, readExcludedDnsNames, readOtherConstraints } = await import(
    './x509.js'
  );
  const parsed = new x509.X509Certificate(new Uint8Array(certificate.der));
  const constraints = parsed.getExtension(x509.BasicConstraintsExtension);
  const usage = parsed.getExtension(x509.KeyUsagesExtension)?.usages;
  if (constraints?.ca !== true) {
    throw invalid(
      'is not a CA: its certificate may not sign others',
      'give the folder of a CA (basicConstraints CA:TRUE)',
    );
  }
  if (usage !== undefined && (usage & x509.KeyUsageFlags.keyCertSign) === 0) {
    throw invalid('may not sign certificates', 'its keyUsage must have keyCertSign');
  }
  if (!certificate.isOf(privateKey)) {
    throw invalid(
      'has the private key of another certificate',
      'put the key that fits the certificate beside it',
    );
  }
  const { keyObject, type } = privateKey;
  const [kind, size] = type.split('-');
  const fits =
    kind === 'rsa' ? keyObject.asymmetricKeyType === 'rsa' && Number(size) >= 2048 : isQuickType(type);
  if (!fits) {
    throw invalid(
      `has a key of type ${type}`,
      'it must be RSA of 2048 bits or more, EC P-256, P-384 or P-521, or Ed25519',
    );
  }
  if (certificate.subject !== certificate.issuer) {
    throw invalid(`is not a root: ${quote(certificate.issuer)} signed it`, ROOT_WANTED);
  }
  const { isSignedBy } = await import('./signatures.js');
  if (!(await isSignedBy(parsed, parsed))) {
    throw invalid('is not a root: its signature was not made with its own key', ROOT_WANTED);
  }
  const [begin, end] = [certificate.notBefore, certificate.notAfter];
  if (now >= end) throw invalid(`ended ${formatDistance(isoSeconds(end), now)}`, 'renew it, or give another');
  if (now < begin) {
    throw invalid(`begins ${formatDistance(isoSeconds(begin), now)}`, 'wait, set the clock, or give another');
  }
  const other = readOtherConstraints(parsed);
  if (other !== undefined) {
    throw invalid(
      `has name constraints on ${other}`,
      'give a CA that is constrained in DNS names alone, or not at all',
    );
  }
  const permittedDnsNames = readPermittedDnsNames(parsed);
  const identifier = parsed.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  return {
    authority: {
      certificate,
      privateKey,
      canSign: true,
      signer: createSigner(certificate.subjectName, privateKey, undefined, identifier),
      permittedDnsNames: permittedDnsNames?.length === 0 ? undefined : permittedDnsNames,
    },
    pathLength: constraints.pathLength,
    excludedDnsNames: readExcludedDnsNames(parsed),
    signsLists: usage === undefined || (usage & x509.KeyUsageFlags.cRLSign) !== 0,
  };
}

const ROOT_WANTED = 'give a root: what trusts the set has to reach a certificate that is signed by itself';

/**
 * Refuses what a CA that someone else made may not sign.
 *
 * @throws {@link GenerateCertsError} `ERR_CA_INVALID` or `ERR_OUTSIDE_CONSTRAINTS`
 */
export function refuseBeyond(
  { authority, pathLength, excludedDnsNames }: BroughtAuthority,
  asked: {
    readonly intermediates: number;
    readonly identities: readonly Identity[];
    readonly flaws: readonly Flaw[];
  },
  where: string,
): void {
  if (pathLength !== undefined && pathLength < asked.intermediates) {
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `the CA in ${quote(where)} takes ${pathLength === 0 ? 'no CA' : `${pathLength} CAs`} below it (pathlen:${pathLength}), and ${asked.intermediates} are asked for`,
      pathLength === 0 ? 'leave --intermediates out' : `ask for --intermediates ${pathLength} at most`,
    );
  }
  const { permittedDnsNames, privateKey } = authority;
  const unfit = asked.flaws.find((flaw) => flaw.needsChosenHash === true);
  if (unfit !== undefined && asked.intermediates === 0 && hasOwnHash(privateKey.type)) {
    throw new GenerateCertsError(
      'ERR_CA_INVALID',
      `the CA in ${quote(where)} has a key of type ${privateKey.type}, which cannot sign the flaw '${unfit.name}'`,
      'leave that flaw out, or put a CA between them: --intermediates 1',
    );
  }
  const below = (name: string) => (tree: string) => {
    const subtree = tree.replace(/^\./, '').toLowerCase();
    return name === subtree || name.endsWith(`.${subtree}`);
  };
  for (const value of asked.identities.flatMap(dnsNamesOf)) {
    const isBelow = below(value.replace(/^\*\./, ''));
    const permitted = permittedDnsNames === undefined || permittedDnsNames.some(isBelow);
    if (permitted && !excludedDnsNames.some(isBelow)) continue;
    throw new GenerateCertsError(
      'ERR_OUTSIDE_CONSTRAINTS',
      `${quote(value)} is outside the name constraints of the CA in ${quote(where)}`,
      permittedDnsNames === undefined
        ? `it may not sign ${excludedDnsNames.join(', ')} and names below`
        : `it may sign only ${permittedDnsNames.join(', ')} and names below`,
    );
  }
}
