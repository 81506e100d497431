// A configuration file as a document of YAML, of which JSON is a part.
import { isUtf8 } from 'node:buffer';
import type { Document, Node, Pair, Scalar, YAMLError } from 'yaml';
import { type ErrorCode, foreignText, GenerateCertsError, printable } from '../../errors.js';
import { type FoundConfiguration, PACKAGE_KEY } from './find.js';

/** Says what is wrong at a place of the file, in characters from its beginning. */
export type Blame = (at: number, message: string, hint: string, code?: ErrorCode) => GenerateCertsError;

export interface ConfigurationDocument {
  /** The configuration itself; nothing where the file is empty. */
  readonly root: Node | undefined;
  readonly blame: Blame;
}

export const YAML_HINT = 'write a key, a colon, a space and a value, such as names: [api.test]';

/**
 * Parses a configuration file, without looking at what it says.
 *
 * @throws {@link GenerateCertsError} `ERR_CONFIGURATION_INVALID`, which says where
 */
export async function parseDocument(found: FoundConfiguration): Promise<ConfigurationDocument> {
  const { isMap, isScalar, LineCounter, parseAllDocuments } = await import('yaml');
  const text = decode(found);
  const lines = new LineCounter();
  const blame: Blame = (at, message, hint, code) => {
    const { line, col } = lines.linePos(at);
    // Of an empty file it knows no line.
    return problem(found, `${Math.max(line, 1)}:${Math.max(col, 1)}`, message, hint, code);
  };
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    stringKeys: true,
    // Its check takes the square of the number of keys: they are compared where the values are read.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  }) as Document.Parsed[];
  const [error] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (error !== undefined) throw explained(error, blame);
  if (/\.json$/i.test(found.file)) requireJson(text, blame);
  const [document, second] = documents;
  if (second !== undefined) {
    const at = second.contents?.range?.[0] ?? second.range[0];
    throw blame(at, 'a second document begins', 'keep one document in the file');
  }
  let root: Node | null = document?.contents ?? null;
  if (found.isPackage) {
    const pairs = isMap(root) ? (root.items as Pair<Scalar, Node | null>[]) : [];
    const pair = pairs.findLast(({ key }) => key.value === PACKAGE_KEY);
    if (pair === undefined)
      throw blame(0, `there is no key '${PACKAGE_KEY}'`, 'add it, or name another file');
    root = pair.value;
  }
  const isEmpty = root === null || (isScalar(root) && root.value === null);
  return { root: isEmpty ? undefined : (root as Node), blame };
}

/** What the parser found wrong, in this program's form. */
function explained({ code, message, pos: [at] }: YAMLError, blame: Blame): GenerateCertsError {
  // It recurses into what is nested.
  if (/call stack/.test(message)) return tooDeep(at, blame);
  if (code === 'TAG_RESOLVE_FAILED') return unknownTag(at, message.replace(/^.*?: /, ''), blame);
  if (code === 'NON_STRING_KEY') return blame(at, 'a key has to be a text', 'write the key out');
  const text = foreignText(message, 200).replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
  return blame(at, text, YAML_HINT);
}

export function tooDeep(at: number, blame: Blame): GenerateCertsError {
  return blame(at, 'the lists and mappings are nested too deeply', 'no option needs such a depth');
}

export function unknownTag(at: number, tag: string, blame: Blame): GenerateCertsError {
  const message = `no value has the tag ${foreignText(tag, 80)} here`;
  return blame(at, message, 'leave the tag out: values are texts, numbers, true and false');
}

/** What else reads a JSON file takes JSON proper alone. */
function requireJson(text: string, blame: Blame): void {
  try {
    JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = Number(/at position (\d+)/.exec(message)?.[1] ?? 0);
    throw blame(at, 'this is not JSON', 'write it as JSON, or name the file generate-certs.yaml');
  }
}

function decode(found: FoundConfiguration): string {
  const { content } = found;
  if (isUtf8(content)) return new TextDecoder().decode(content);
  let start = 0;
  for (let line = 1; ; line++) {
    const end = content.indexOf('\n', start);
    const bytes = content.subarray(start, end === -1 ? content.length : end);
    if (!isUtf8(bytes)) {
      const column = bytes.toString('utf8').indexOf('\uFFFD') + 1;
      throw problem(found, `${line}:${column}`, 'this is not UTF-8', 'save the file as UTF-8');
    }
    start = end + 1;
  }
}

function problem(
  { file }: FoundConfiguration,
  place: string,
  message: string,
  hint: string,
  code: ErrorCode = 'ERR_CONFIGURATION_INVALID',
): GenerateCertsError {
  return new GenerateCertsError(code, `${printable(file)}:${place}: ${message}`, hint);
}
