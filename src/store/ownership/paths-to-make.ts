import { layoutFolder, layoutOf } from '../../layouts/index.js';
import { namesOfParty, type Party } from '../../layouts/layout.js';
import { flawFileName, serverFlawFileName } from '../../pki/flaws/flaws.js';
import { authorityNames } from '../../pki/names/authority-names.js';
import { partiesOf } from '../../pki/names/party-names.js';
import type { ParsedRequest } from '../../pki/request.js';
import { authorityKeyPath, issuerFilePath } from '../manifest/manifest.js';

/**
 * The files that a set of this request will have, before anything of it is made; not those of a rotation of its CA,
 * and not what keeps the folder out of a repository.
 */
export function pathsToMake(parsed: ParsedRequest): string[] {
  const { layouts, untrusted, untrustedServers, intermediates, ca, issuer } = parsed.request;
  const flawed = (role: Party['role']) => (fileName: string) => ({ role, fileName });
  const parties: Party[] = [
    ...partiesOf(parsed).map((party) => ({ ...party, isKeyElsewhere: party.publicKey !== undefined })),
    ...untrusted.map(flawFileName).map(flawed('untrusted')),
    ...untrustedServers.map(serverFlawFileName).map(flawed('untrusted-server')),
  ];
  const authorities = authorityNames('own', intermediates).flatMap((name) =>
    name === 'ca' && ca !== null ? [`${name}.pem`] : [`${name}.pem`, authorityKeyPath(name)],
  );
  const ofLayouts = layouts.flatMap((name) => {
    const layout = layoutOf(name);
    const folder = layoutFolder(name, layouts);
    const names = [
      ...parties.flatMap((party) => namesOfParty(layout, party)),
      ...layout.sharedFiles.map((file) => file.name),
    ];
    const forIssuer = issuer ? (layout.issuerFiles ?? []).map((file) => issuerFilePath(name, file.name)) : [];
    return [...names.map((file) => (folder === '' ? file : `${folder}/${file}`)), ...forIssuer];
  });
  return [...new Set([...authorities, ...ofLayouts])];
}
