import { LAYOUT_NAMES, layoutFolder, layoutOf } from '../../layouts/index.js';
import { namesOfParty } from '../../layouts/layout.js';
import { partyFileName } from '../../pki/names/party-names.js';
import { authorityKeyPath, GITIGNORE_NAME, issuerFilePath, type Manifest } from '../manifest/manifest.js';

/**
 * The paths that this program can have written for a set: those of its CAs, of its layouts, and of its parties in
 * them. A manifest may have come from someone else, in an unpacked archive: whatever else it names is not the set's.
 */
export function ownPathsOf({ request, certificates }: Manifest): ReadonlySet<string> {
  // Earlier versions had the CA's key beside the other files.
  const paths = new Set([GITIGNORE_NAME, 'ca.key']);
  const authorities = certificates.filter(({ role }) => role === 'ca');
  const parties = certificates.flatMap(({ role, name }) =>
    role === 'ca' ? [] : [{ role, fileName: partyFileName(role, name) }],
  );
  for (const { name } of authorities) {
    paths.add(`${name}.pem`);
    paths.add(authorityKeyPath(name));
  }
  for (const layout of LAYOUT_NAMES.filter((name) => request.layouts.includes(name))) {
    const folder = layoutFolder(layout, request.layouts);
    const place = (name: string) => (folder === '' ? name : `${folder}/${name}`);
    for (const { name } of layoutOf(layout).sharedFiles) paths.add(place(name));
    for (const { name } of layoutOf(layout).issuerFiles ?? []) paths.add(issuerFilePath(layout, name));
    for (const party of parties) {
      for (const name of namesOfParty(layoutOf(layout), party)) paths.add(place(name));
    }
  }
  return paths;
}
