/** ISO 8601 in UTC without fractions, as a manifest holds it: X.509 knows none. */
export function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** `2026-11-22 10:00 UTC`, for people. */
export function formatMoment(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** How far a moment is away, in its two largest units: `in 23 h 59 min`, `3 h 2 min ago`. */
export function formatDistance(iso: string, now: Date): string {
  const seconds = Math.round((Date.parse(iso) - now.getTime()) / 1000);
  const text = formatSeconds(Math.abs(seconds));
  return seconds >= 0 ? `in ${text}` : `${text} ago`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

function formatSeconds(seconds: number): string {
  const parts: string[] = [];
  // Past an hour the seconds say nothing: to the nearest minute.
  let rest = seconds < 3570 ? seconds : Math.round(seconds / 60) * 60;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.length === 0 ? '0 s' : parts.slice(0, 2).join(' ');
}
