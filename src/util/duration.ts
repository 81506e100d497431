import { GenerateCertsError, quote } from '../errors.js';

const SECONDS_OF_UNIT = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const DAY = SECONDS_OF_UNIT.d;

/** The longest life of a set: thirty days, in seconds. */
export const LONGEST_LIFE = 30 * DAY;
/** The longest life that brings no warning: a day, in seconds. */
export const LONGEST_QUIET_LIFE = DAY;

/**
 * Reads a set's life: a whole number and its unit (`90s`, `30m`, `12h`, `1d`).
 *
 * @returns seconds, from 1 to {@link LONGEST_LIFE}
 * @throws {@link GenerateCertsError} `ERR_DURATION_INVALID`
 */
export function parseDuration(typed: unknown): number {
  const match = typeof typed === 'string' ? /^(\d{1,12})([smhd])$/.exec(typed) : null;
  const unit = match?.[2] as keyof typeof SECONDS_OF_UNIT | undefined;
  if (match === null || unit === undefined) {
    throw invalid(`${quote(typed)} is not a duration`);
  }
  const seconds = Number(match[1]) * SECONDS_OF_UNIT[unit];
  if (seconds === 0) throw invalid(`${quote(typed)} is zero`);
  if (seconds > LONGEST_LIFE) throw invalid(`${quote(typed)} is longer than 30 days`);
  return seconds;
}

function invalid(message: string): GenerateCertsError {
  return new GenerateCertsError(
    'ERR_DURATION_INVALID',
    message,
    'use a whole number and a unit, such as 90s, 30m, 12h or 1d, up to 30d',
  );
}
