/**
 * Reads a flat message of protobuf's text format: scalar fields, adjacent strings joined, comments passed over
 * (https://protobuf.dev/reference/protobuf/textformat-spec/). The last of several values counts.
 *
 * @returns the fields by name; nothing where the text is none
 */
export function parseProtobufText(text: string): Map<string, string> | undefined {
  const fields = new Map<string, string>();
  let rest = skip(text);
  while (rest !== '') {
    const name = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (name === undefined) return undefined;
    rest = skip(rest.slice(name.length));
    if (!rest.startsWith(':')) return undefined;
    const value = readValue(skip(rest.slice(1)));
    if (value === undefined) return undefined;
    fields.set(name, value.text);
    rest = skip(value.rest.replace(/^[,;]/, ''));
  }
  return fields;
}

/** What white space and comments leave. */
const skip = (text: string) => text.replace(/^(?:\s|#[^\n]*(?:\n|$))+/, '');

/** A string of either quotes, with no line break in it. */
const STRING = /^(?:"((?:[^"\\\n]|\\[^\n])*)"|'((?:[^'\\\n]|\\[^\n])*)')/;

function readValue(text: string): { text: string; rest: string } | undefined {
  const word = /^[\w.+-]+/.exec(text)?.[0];
  if (word !== undefined) return { text: word, rest: skip(text.slice(word.length)) };
  let rest = text;
  const parts: string[] = [];
  for (let match = STRING.exec(rest); match !== null; match = STRING.exec(rest)) {
    parts.push(unescapeText(match[1] ?? match[2] ?? ''));
    rest = skip(rest.slice(match[0].length));
  }
  return parts.length === 0 ? undefined : { text: parts.join(''), rest };
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/** Escapes of letters, of octal and of hexadecimal bytes; any other character stands for itself. */
function unescapeText(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/g, (_, hex, octal, letter) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    return ESCAPES[letter] ?? letter;
  });
}
