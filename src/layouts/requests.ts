// The functions of a request with the layouts that there are.
import type { SetRequest } from '../pki/request.js';
import { reservedNames } from '../request/layout-rules.js';
import { mergeRequest } from '../request/merge.js';
import type { RequestOptions } from '../request/options.js';
import { type CheckedRequest, checkRequest } from '../request/request.js';
import { LAYOUTS, type LayoutName } from './index.js';

/**
 * What a set may be asked to be. Everything has a default; `{}` is a set for localhost.
 *
 * @example
 * ```ts
 * const options: CertificateSetOptions = { names: ['api.test', '10.0.0.7'], clients: ['alice'], validFor: '30m' };
 * const set = await createCertificateSet(options);
 * ```
 */
export interface CertificateSetOptions extends RequestOptions {
  /**
   * The consumers of the files. Also decides the default key type.
   * @default ['nginx', 'grpc']
   */
  readonly layouts?: readonly LayoutName[] | undefined;
}

/** File names that no client may take, whichever layouts are chosen. */
export const RESERVED_NAMES = reservedNames(LAYOUTS);

/** As {@link checkRequest}, with the known layouts. */
export function checkOptions(options: RequestOptions): CheckedRequest {
  return checkRequest(options, LAYOUTS);
}

/** As {@link mergeRequest}, with the known layouts. */
export function mergeOptions(recorded: SetRequest, given: RequestOptions): CheckedRequest {
  return mergeRequest(recorded, given, LAYOUTS);
}
