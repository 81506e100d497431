import { randomBytes } from 'node:crypto';
import { shellQuote } from '../../util/shell-quote.js';

/** How the variables are written, by the name of who reads them. */
export const ENV_FORMATS = {
  sh: (name: string, value: string) => `export ${name}=${shellQuote(value)}\n`,
  fish: (name: string, value: string) => `set -gx ${name} ${fishQuote(value)}\n`,
  powershell: (name: string, value: string) => `$env:${name} = ${powershellQuote(value)}\n`,
  github: githubLines,
} as const;

export type EnvFormat = keyof typeof ENV_FORMATS;

/** In fish's single quotes a backslash escapes itself and the quote, and nothing else does. */
function fishQuote(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

/** PowerShell takes the typographic single quotes for plain ones, and any of them twice as one. */
function powershellQuote(value: string): string {
  return `'${value.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}

/** GitHub's form for values of several lines. The delimiter is random, so that no value can end early. */
function githubLines(name: string, value: string): string {
  const delimiter = `end-${randomBytes(16).toString('hex')}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
