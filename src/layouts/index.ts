import { GenerateCertsError, quote } from '../errors.js';
import { hintForUnknown } from '../util/suggest.js';
import { grpc } from './grpc.js';
import type { Layout } from './layout.js';
import { nginx } from './nginx.js';

const LAYOUTS = { nginx, grpc } as const satisfies Record<string, Layout>;

/**
 * The name of a layout: who is to read the files.
 *
 * @example
 * ```ts
 * const layouts: LayoutName[] = ['grpc'];
 * const set = await createCertificateSet({ layouts });
 * ```
 */
export type LayoutName = keyof typeof LAYOUTS;
/**
 * The known layouts, in the order in which their files are listed.
 *
 * @example
 * ```ts
 * console.log(LAYOUT_NAMES.join(' or ')); // nginx or grpc
 * ```
 */
export const LAYOUT_NAMES = Object.keys(LAYOUTS) as LayoutName[];

/** @throws {@link GenerateCertsError} `ERR_LAYOUT_UNKNOWN` */
export function parseLayoutName(typed: unknown): LayoutName {
  const known = LAYOUT_NAMES.find((name) => name === typed);
  if (known !== undefined) return known;
  throw new GenerateCertsError(
    'ERR_LAYOUT_UNKNOWN',
    `${quote(typed)} is not a layout`,
    hintForUnknown(String(typed), LAYOUT_NAMES),
  );
}

export function layoutOf(name: LayoutName): Layout {
  return LAYOUTS[name];
}

/** The folder of a layout, relative to the set's: with one layout its files go straight into it. */
export function layoutFolder(name: LayoutName, all: readonly LayoutName[]): string {
  return all.length > 1 ? name : '';
}
