/**
 * Whether a value is text that may be shown on a terminal: not too long, and nothing in it moves the cursor or
 * breaks a line.
 */
export function isPlainText(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 4096) return false;
  // The common case first: a large manifest has a million texts.
  return /^[ -~]*$/.test(value) || !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value);
}
