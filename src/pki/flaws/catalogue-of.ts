import type { ClientCredential, ServerCredential } from '../credential.js';
import { trustOf } from '../issue/hierarchy.js';
import { readClientIdentity } from '../names/identity.js';
import { serversOf } from '../names/server.js';
import type { SetParts } from '../set-parts.js';
import { flawedContextOf, isPossible } from './context.js';
import { issueFlawed, issueFlawedServer } from './flawed.js';
import { FLAWS, type FlawName, findServerFlaw, type ServerFlawName } from './flaws.js';

/** What of a set its catalogues are made of. */
interface CatalogueSource extends Omit<SetParts, 'rotation' | 'reservedNames'> {
  readonly issuer: { readonly canSign: boolean };
}

/** The whole catalogue of clients to refuse: those of the set, and the missing ones made in memory. */
export async function clientCatalogueOf(set: CatalogueSource): Promise<ClientCredential[]> {
  const { issuer, hierarchy, untrustedClients } = set;
  const [model] = set.clients;
  if (!issuer.canSign) return untrustedClients.filter(({ hasPrivateKey }) => hasPrivateKey);
  const possible = FLAWS.filter((flaw) => isPossible(flaw, hierarchy));
  const found = (name: FlawName) => untrustedClients.find(({ flaw }) => flaw === name);
  const context = {
    ...(await flawedContextOf(set)),
    model: model === undefined ? undefined : readClientIdentity(model.identity, set.request),
  };
  return Promise.all(possible.map(({ name }) => found(name) ?? issueFlawed(name, context)));
}

/** Servers to refuse: those of the set, and the missing ones made in memory. */
export async function serverCatalogueOf(
  set: CatalogueSource,
  flaws: readonly ServerFlawName[],
): Promise<ServerCredential[]> {
  const { issuer, hierarchy, request, untrustedServers } = set;
  const asked = flaws.map(findServerFlaw);
  const found = (name: ServerFlawName) => untrustedServers.find(({ flaw }) => flaw === name);
  if (!issuer.canSign) {
    return asked.flatMap(({ name }) => found(name) ?? []).filter(({ hasPrivateKey }) => hasPrivateKey);
  }
  const possible = asked.filter((flaw) => isPossible(flaw, hierarchy));
  const context = { ...(await flawedContextOf(set)), names: serversOf(request)[0]?.names ?? [] };
  return Promise.all(
    possible.map(async ({ name }) => {
      const made = found(name) ?? (await issueFlawedServer(name, context));
      return made.inSet(trustOf(hierarchy).trusted, () => set.revocationLists);
    }),
  );
}
