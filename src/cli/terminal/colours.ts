import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';
import { isTerminal, type Output } from './output.js';

/** Ways to mark a text on a terminal; where it takes no colours, the text comes back as it is. */
export type Colours = ChalkInstance;

const PLAIN = new Chalk({ level: 0 });
const COLOURED = new Chalk({ level: 1 });

/**
 * Colour only on a terminal that has it. `NO_COLOR` (https://no-color.org) takes it away everywhere, `FORCE_COLOR` and
 * `CLICOLOR_FORCE` give it everywhere, `TERM=dumb` is a terminal without.
 */
export function coloursFor(output: Output, env: NodeJS.ProcessEnv = process.env): Colours {
  return coloursLevel(isTerminal(output), env) === 0 ? PLAIN : COLOURED;
}

/** 0 for none, 1 for the sixteen colours that every terminal has. */
export function coloursLevel(onTerminal: boolean, env: NodeJS.ProcessEnv): ColorSupportLevel {
  const { NO_COLOR = '', FORCE_COLOR, CLICOLOR_FORCE = '', TERM } = env;
  if (NO_COLOR !== '') return 0;
  if (FORCE_COLOR !== undefined) return /^(?:0|false)$/.test(FORCE_COLOR) ? 0 : 1;
  if (!['', '0'].includes(CLICOLOR_FORCE)) return 1;
  return onTerminal && TERM !== 'dumb' ? 1 : 0;
}
