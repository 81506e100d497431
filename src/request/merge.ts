import type { SetRequest } from '../pki/request.js';
import { acceptsKeyType, type CertificateSetOptions, type CheckedRequest, checkRequest } from './request.js';

/**
 * Adds what is asked for now to a recorded request: clients and flaws join those that are there, every other option
 * that is given replaces the recorded one, and what is not given stays as recorded.
 *
 * @throws {@link GenerateCertsError} as {@link checkRequest}
 */
export function mergeRequest(recorded: SetRequest, given: CertificateSetOptions): CheckedRequest {
  const { clients, extraClients, untrusted, key, ...others } = given;
  const layouts = given.layouts ?? (recorded.layouts as CertificateSetOptions['layouts']);
  const nameConstraints = given.nameConstraints ?? recorded.nameConstraints;
  const { request } = checkRequest({ ...given, layouts, nameConstraints, untrusted: untrusted ?? 'none' });
  // 'none' adds none.
  const flaws = [untrusted ?? []].flat().filter((word) => word !== 'none');
  const addedClients = clients === undefined && extraClients === undefined ? [] : request.clients;
  const keptKey = acceptsKeyType(request.layouts, recorded.key) ? recorded.key : undefined;
  return checkRequest({
    names: recorded.names,
    caKey: recorded.caKey,
    validFor: recorded.validFor,
    ...withoutUndefined(others),
    layouts,
    nameConstraints,
    clients: [...new Set([...recorded.clients, ...addedClients])],
    untrusted: [...new Set([...recorded.untrusted, ...flaws])],
    key: key ?? keptKey,
  });
}

function withoutUndefined<T extends object>(options: T): Partial<T> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<T>;
}
