import type { Field, RecordedField } from './field.js';
import { FIELD_ENTRIES, type FieldName, type RecordedName } from './fields.js';

/** The fields that a manifest keeps, in the order of the help text. */
export const RECORDED_FIELDS = FIELD_ENTRIES.filter(([, field]) => field.recorded !== undefined) as readonly [
  RecordedName,
  Field & { readonly recorded: RecordedField },
][];

/** The fields of a manifest's request; those that it may lack and lacks have the value that this means. */
export function withMissing(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const later = RECORDED_FIELDS.filter(([name, { recorded }]) => 'missing' in recorded && !(name in request));
  return { ...request, ...Object.fromEntries(later.map(([name, { recorded }]) => [name, recorded.missing])) };
}

/** A field whose value differs, and what must be issued again for it. */
export interface Difference {
  readonly field: FieldName;
  readonly reissue: NonNullable<RecordedField['change']>['reissue'];
  /** As in `key type: ec-p256 instead of rsa-2048`. */
  readonly reason: string;
}

/** In what two recorded requests differ; what is only ever added to is left out. */
export function differences(
  made: Readonly<Record<RecordedName, unknown>>,
  asked: Readonly<Record<RecordedName, unknown>>,
): Difference[] {
  return RECORDED_FIELDS.flatMap(
    ([
      field,
      {
        recorded: { change },
      },
    ]) => {
      if (change === undefined || JSON.stringify(made[field]) === JSON.stringify(asked[field])) return [];
      const { words, reissue } = change;
      return { field, reissue, reason: `${words}: ${brief(asked[field])} instead of ${brief(made[field])}` };
    },
  );
}

/** A value of a request in a few words. */
export function brief(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const words = (Array.isArray(value) ? value : [value ?? 'none']).map((word) => word?.id ?? word);
  const shown = words.slice(0, 3).join(', ');
  if (words.length > 3) return `${shown} and ${words.length - 3} more`;
  return shown === '' ? 'none' : shown;
}
