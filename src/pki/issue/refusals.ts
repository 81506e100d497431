import { GenerateCertsError, quote } from '../../errors.js';
import { formatDistance, formatMoment, isoSeconds } from '../../util/moments.js';
import { dnsNamesOf, type Identity } from '../names/identity.js';
import type { Authority } from './authority.js';

/** How many names a hint lists. */
const MOST_NAMED = 20;

/** @throws {@link GenerateCertsError} `ERR_SET_ENDED` */
export function refuseEnded(expiresAt: Date, now: Date): void {
  if (now < expiresAt) return;
  const ended = isoSeconds(expiresAt);
  throw new GenerateCertsError(
    'ERR_SET_ENDED',
    `the set ended ${formatMoment(ended)}, ${formatDistance(ended, now)}`,
    "make it again: run 'generate-certs' with the names and options it was made with",
  );
}

/** @throws {@link GenerateCertsError} `ERR_OUTSIDE_CONSTRAINTS` */
export function refuseOutsideNames(identity: Identity, { permittedDnsNames }: Authority): void {
  if (permittedDnsNames === undefined) return;
  const isPermitted = (name: string) =>
    permittedDnsNames.some((subtree) => name === subtree || name.endsWith(`.${subtree}`));
  const value = dnsNamesOf(identity).find((name) => !isPermitted(name));
  if (value === undefined) return;
  throw new GenerateCertsError(
    'ERR_OUTSIDE_CONSTRAINTS',
    `${quote(value)} is outside the CA's name constraints`,
    `it may sign only ${permittedDnsNames.slice(0, MOST_NAMED).join(', ')} and names below: make the set again with this client`,
  );
}
