import { resolve } from 'node:path';
import { layoutFolder, layoutOf } from '../../layouts/index.js';
import type { NextStep, Party } from '../../layouts/layout.js';
import { partyFileName } from '../../pki/names/party-names.js';
import { hostOf, peersOf, serversOf } from '../../pki/names/server.js';
import { recordedKeyAccess } from '../../request/key-access.js';
import type { Manifest } from '../../store/manifest/manifest.js';
import { shellQuote } from '../../util/shell-quote.js';
import type { Colours } from './colours.js';

/** How the keystores of a set are opened. */
export interface StorePasswordUse {
  /** Whether they have the default password. */
  readonly hasDefaultPassword: boolean;
  /** The file that theirs was read from, where it was. */
  readonly passwordFile?: string | undefined;
}

type LayoutStep = NextStep & { readonly layout: string };

/**
 * What to do with the files of a set's layouts, for people.
 *
 * @param only one layout, with everything that it has to say; else what is short, of each
 */
export function nextStepsOf(
  manifest: Manifest,
  folder: string,
  { only, ...password }: { readonly only?: string } & StorePasswordUse,
): LayoutStep[] {
  const { request } = manifest;
  const { layouts } = request;
  const { mode, owner } = recordedKeyAccess(request);
  const keyReader = (mode & 0o004) !== 0 ? 'everybody' : owner === undefined ? 'self' : { owner: owner.text };
  const isAlone = layouts.length === 1;
  return layouts
    .filter((name) => only === undefined || name === only)
    .flatMap((layout) => {
      const parties = partiesIn(layout, manifest);
      return layoutOf(layout)
        .nextSteps({
          folder: resolve(folder, layoutFolder(layout, layouts)),
          out: folder,
          isAlone,
          issuer: request.issuer ? 'made' : request.ca === null ? 'possible' : 'refused',
          name: parties.find(({ host }) => host !== undefined)?.host ?? 'localhost',
          quote: shellQuote,
          keyReader,
          ...password,
          parties: () => parties,
        })
        .filter(({ onlyIfAsked }) => onlyIfAsked !== true || isAlone || only !== undefined)
        .map((step) => ({ ...step, layout }));
    });
}

/** The holders of certificates that have files in a layout, as it names them. One that is revoked proves nothing. */
function partiesIn(layout: string, { request, certificates }: Manifest): Party[] {
  const hosts = new Map(
    [...serversOf(request), ...peersOf(request)].map(({ role, name, names }) => [
      `${role} ${name}`,
      hostOf(names),
    ]),
  );
  return certificates.flatMap(({ role, name, key, files, revokedAt }) => {
    if (role === 'ca' || revokedAt !== null || files[layout] === undefined) return [];
    const host = hosts.get(`${role} ${name}`);
    const isKeyElsewhere = key === null;
    return [{ role, name, fileName: partyFileName(role, name), isKeyElsewhere, ...(host && { host }) }];
  });
}

/** Steps with their titles, each ready to paste. */
export function formatSteps(
  steps: readonly (NextStep & { readonly layout: string })[],
  colour: Colours,
): string[] {
  return steps.flatMap((step) => ['', colour.bold(`${step.title}:`), ...linesOf(step)]);
}

function linesOf(step: NextStep): string[] {
  if ('lines' in step) return step.lines.map((line) => `  ${line}`);
  const last = step.command.length - 1;
  return step.command.map(
    (line, index) => `${index === 0 ? '  ' : '    '}${line}${index < last ? ' \\' : ''}`,
  );
}
