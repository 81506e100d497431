import { printable } from '../../errors.js';
import type { Manifest } from '../../store/manifest/manifest.js';
import { formatDistance, formatMoment } from '../../util/moments.js';
import { count, MOUNTED_FILES } from '../terminal/text.js';

/** What was added to a set, with its files. */
export function formatAdded(
  what: string,
  parties: readonly { readonly role: string; readonly name: string }[],
  manifest: Manifest,
  folder: string,
): string {
  const lines = parties.map((party) => `  ${party.name}: ${pathsOf(manifest, party)}\n`);
  const life = `${formatMoment(manifest.expiresAt)}, ${formatDistance(manifest.expiresAt, new Date())}`;
  const made = `made ${count(parties.length, what)} in ${printable(folder)} (ends ${life})`;
  return `${made}\n${lines.join('')}${MOUNTED_FILES}`;
}

function pathsOf(
  { certificates }: Manifest,
  party: { readonly role: string; readonly name: string },
): string {
  const entry = certificates.find(({ role, name }) => role === party.role && name === party.name);
  return Object.values(entry?.files ?? {})
    .flatMap((parts) => Object.values(parts))
    .join(', ');
}
