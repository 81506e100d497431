import type { Authority } from '../issue/authority.js';
import type { Leaf } from '../issue/leaf.js';
import type { Identity, SubjectAltName } from '../names/identity.js';
import type { Departure, Side } from './catalogue.js';

/** What stands in a server's SAN instead of its names. */
export function departedNames(
  departure: NonNullable<Departure['names']>,
  names: readonly Identity[],
  authority: Authority,
): SubjectAltName[] {
  switch (departure) {
    case 'none':
      return [];
    case 'other':
      return [dns(otherName(names, authority))];
    case 'wildcard':
      return [dns(misplacedWildcard(names, authority))];
    case 'address-as-dns':
      return [dns(names.find(({ kind }) => kind === 'ip')?.value ?? LOOPBACK)];
  }
}

const LOOPBACK = '127.0.0.1';
const dns = (value: string): SubjectAltName => ({ type: 'DNS', value });

/** A name that the CA may sign and the server does not have. */
function otherName(names: readonly Identity[], { permittedDnsNames }: Authority): string {
  const [subtree = 'test'] = permittedDnsNames ?? [];
  const taken = (name: string) => names.some(({ value }) => value === name);
  // A wildcard among the names may cover the first; a label more than it stands for it cannot.
  return (
    ['wrong-name', 'wrong.name'].map((label) => `${label}.${subtree}`).find((name) => !taken(name)) ?? subtree
  );
}

/**
 * A wildcard over the server's name that stands for two labels where the name has them, and for none where it
 * has one or where name constraints leave no room above it: RFC 9525 section 6.3 lets it stand for exactly one.
 */
function misplacedWildcard(names: readonly Identity[], { permittedDnsNames }: Authority): string {
  const name = names.find(({ kind }) => kind === 'dns')?.value.replace(/^\*\./, '') ?? 'localhost';
  const labels = name.split('.');
  if (labels.length < 2 || permittedDnsNames !== undefined) return `*.${name}`;
  return ['*', ...labels.slice(2)].join('.');
}

/** A DNS name that the CA forbids: in place of a client's names, which nothing is held against, or among a server's. */
export function withOutsideName(
  side: Side,
  { subjectAltNames }: Leaf,
  authority: Authority,
): readonly SubjectAltName[] {
  const outside = dns(outsideName(authority));
  return side === 'client' ? [outside] : [...subjectAltNames, outside];
}

/** A DNS name below none of the subtrees that the CA permits. */
function outsideName({ permittedDnsNames = [] }: Authority): string {
  const permitted = (name: string) =>
    permittedDnsNames.some((subtree) => name === subtree || name.endsWith(`.${subtree}`));
  // The names that RFC 6761 reserves, then one that was not asked for.
  const candidates = [
    'outside.invalid',
    'outside.test',
    'outside.example',
    `outside-${permittedDnsNames.length}`,
  ];
  return candidates.find((name) => !permitted(name)) ?? 'outside.invalid';
}
