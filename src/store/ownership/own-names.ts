import { LAYOUT_NAMES, layoutFolder, layoutOf } from '../../layouts/index.js';
import { namesOfParty } from '../../layouts/layout.js';
import { partyFileName } from '../../pki/names/party-names.js';
import { authorityKeyPath, GITIGNORE_NAME, issuerFilePath, type Manifest } from '../manifest/manifest.js';

/**
 * The paths that this program can have written for a set: those of its CAs, of its layouts, and of its parties in
 * them. A manifest may have come from someone else, in an unpacked archive: whatever else it names is not the set's.
 *
 * @param asked the paths of which it is asked: those of the parties are not made up where the others are enough
 */
export function ownPathsOf(
  { request, certificates }: Manifest,
  asked: readonly string[],
): ReadonlySet<string> {
  // Earlier versions had the CA's key beside the other files.
  const paths = new Set([GITIGNORE_NAME, 'ca.key']);
  const authorities = certificates.filter(({ role }) => role === 'ca');
  for (const { name } of authorities) {
    paths.add(`${name}.pem`);
    paths.add(authorityKeyPath(name));
  }
  const layouts = LAYOUT_NAMES.filter((name) => request.layouts.includes(name));
  const place = (layout: string, name: string) => {
    const folder = layoutFolder(layout, request.layouts);
    return folder === '' ? name : `${folder}/${name}`;
  };
  for (const layout of layouts) {
    for (const { name } of layoutOf(layout).sharedFiles) paths.add(place(layout, name));
    for (const { name } of layoutOf(layout).issuerFiles ?? []) paths.add(issuerFilePath(layout, name));
  }
  if (asked.every((path) => paths.has(path))) return paths;
  for (const { role, name } of certificates) {
    if (role === 'ca') continue;
    const party = { role, fileName: partyFileName(role, name) };
    for (const layout of layouts) {
      for (const file of namesOfParty(layoutOf(layout), party)) paths.add(place(layout, file));
    }
  }
  return paths;
}
