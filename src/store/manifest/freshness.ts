import { brief, differences } from '../../request/recorded.js';
import { formatDistance } from '../../util/moments.js';
import type { Damage } from './damages.js';
import { AUTHORITY_KEY, type Manifest, type ManifestRequest } from './manifest.js';

/** A set is used again while this share of its life is left. */
const SHARE_LEFT = 0.25;

/** What a set in a folder lacks of what is asked for. */
export interface Shortfall {
  /**
   * How much must be issued again: what is `missing`, everything for a new `life`, or everything by a new
   * `authority`.
   */
  readonly reissue: 'missing' | 'life' | 'authority';
  /** Why, each in a few words. */
  readonly reasons: readonly string[];
}

/**
 * What a set lacks of a request; nothing where it serves it: the same request, at least a quarter of its life
 * left, every file there and as it was made.
 *
 * @param asked the recorded request with what is asked for now
 * @param added identities of clients that are to be made
 */
export function shortfallOf(
  manifest: Manifest,
  asked: ManifestRequest,
  { added, damages, now }: { added: readonly string[]; damages: ReadonlyMap<string, Damage>; now: Date },
): Shortfall | undefined {
  const life = spentLife(manifest, now);
  const changes = differences(manifest.request, asked);
  const lacks = [
    ...(life === undefined ? [] : [life]),
    ...changes,
    ...(added.length > 0 ? [{ reissue: 'missing', reason: addedClients(added) } as const] : []),
    ...damagesOf(damages),
    ...(hasOldShape(manifest)
      ? [{ reissue: 'missing', reason: `the CA's key moves to ${AUTHORITY_KEY}` } as const]
      : []),
  ];
  if (lacks.length === 0) return undefined;
  const most = ORDER.find((how) => lacks.some(({ reissue }) => reissue === how)) ?? 'missing';
  return { reissue: most, reasons: lacks.map(({ reason }) => reason) };
}

type Lack = { readonly reissue: Shortfall['reissue']; readonly reason: string };

/** What reissues most first. */
const ORDER = ['authority', 'life', 'missing'] as const satisfies readonly Shortfall['reissue'][];

/** Sets of earlier versions have the CA's key beside the files that are handed over. */
function hasOldShape({ certificates }: Manifest): boolean {
  const path = certificates.find(({ role }) => role === 'ca')?.files.authority?.key;
  return path !== undefined && path !== AUTHORITY_KEY;
}

function addedClients(names: readonly string[]): string {
  return names.length === 1 ? `client ${names[0]} is new` : `${brief(names)} are new`;
}

function damagesOf(damages: ReadonlyMap<string, Damage>): Lack[] {
  const [first] = damages;
  if (first === undefined) return [];
  const [path, { text }] = first;
  const more = damages.size > 1 ? `, and ${damages.size - 1} more files are damaged` : '';
  return [{ reissue: 'missing', reason: `${path} ${text}${more}` }];
}

function spentLife({ createdAt, expiresAt }: Manifest, now: Date): Lack | undefined {
  const [created, expires] = [Date.parse(createdAt), Date.parse(expiresAt)];
  const left = expires - now.getTime();
  if (left <= 0) return { reissue: 'authority', reason: `it ended ${formatDistance(expiresAt, now)}` };
  if (now.getTime() < created) {
    return { reissue: 'life', reason: `it was made ${formatDistance(createdAt, now)}, by this clock` };
  }
  if (left >= (expires - created) * SHARE_LEFT) return undefined;
  return { reissue: 'life', reason: `it ends ${formatDistance(expiresAt, now)}` };
}
