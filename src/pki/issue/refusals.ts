import { GenerateCertsError, quote } from '../../errors.js';
import { formatDistance, formatMoment, isoSeconds } from '../../util/moments.js';
import type { Identity } from '../names/identity.js';
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
  if (permittedDnsNames === undefined || identity.kind !== 'dns') return;
  const { value } = identity;
  if (permittedDnsNames.some((subtree) => value === subtree || value.endsWith(`.${subtree}`))) return;
  throw new GenerateCertsError(
    'ERR_OUTSIDE_CONSTRAINTS',
    `${quote(value)} is outside the CA's name constraints`,
    `it may sign only ${permittedDnsNames.slice(0, MOST_NAMED).join(', ')} and names below: make the set again with this client`,
  );
}
