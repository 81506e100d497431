import { GenerateCertsError, quote } from '../../errors.js';

/** The Secret and the ConfigMap of the set's CA. */
export const CA_NAME = 'generate-certs-ca';

/**
 * The name of a party's Secret: a DNS subdomain (RFC 1123), as every object's name is. Of what Kubernetes does not take,
 * upper-case letters become lower-case ones, everything else becomes `-`, and a label neither begins nor ends with `-`.
 *
 * @throws {@link GenerateCertsError} `ERR_IDENTITY_INVALID` where nothing is left
 */
export function secretName(fileName: string): string {
  const labels = fileName
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .split('.')
    .map((label) => label.replace(/^-+|-+$/g, ''));
  const name = labels.filter((label) => label !== '').join('.');
  if (name !== '') return name;
  throw new GenerateCertsError(
    'ERR_IDENTITY_INVALID',
    `${quote(fileName)} leaves no name for a Secret of Kubernetes`,
    'use at least one letter a-z or digit',
  );
}

/**
 * Two parties of one Secret are refused: a name that is made different would depend on who came first.
 *
 * @throws {@link GenerateCertsError} `ERR_PARTY_CONFLICT`, and as {@link secretName}
 */
export function refuseSharedSecrets(fileNames: readonly string[], { issuer }: { issuer: boolean }): void {
  const taken = new Map<string, string>();
  for (const fileName of fileNames) {
    const name = secretName(fileName);
    const other = taken.get(name);
    if (other !== undefined) {
      throw new GenerateCertsError(
        'ERR_PARTY_CONFLICT',
        `${quote(other)} and ${quote(fileName)} would share the Secret ${quote(name)}`,
        'rename one of them: names in Kubernetes have lower-case letters, digits, . and - only',
      );
    }
    if (issuer && name === CA_NAME) {
      throw new GenerateCertsError(
        'ERR_PARTY_CONFLICT',
        `${quote(fileName)} would have the Secret of the CA, ${quote(name)}`,
        'rename it, or leave --issuer out',
      );
    }
    taken.set(name, fileName);
  }
}
