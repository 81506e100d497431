import type { Finding } from './finding.js';
import type { Row } from './row.js';
import {
  crossedText,
  evidenceText,
  expectedText,
  noteText,
  observedText,
  seenText,
  subjectText,
} from './wording.js';

/** Puts a finding into words: the last step before a report. */
export function toRow(finding: Finding): Row {
  const { subject, protocol, tls, severity, verdict, milliseconds, flaw, wire } = finding;
  return {
    subject,
    protocol,
    name: subjectText(finding.tried),
    tls,
    severity,
    kind: finding.observed.kind,
    expected: expectedText(finding.expected),
    observed: observedText(finding.observed),
    by: evidenceText(finding.by),
    verdict,
    note: noteText(finding.note, finding.tried),
    milliseconds,
    ...(flaw !== undefined && { flaw }),
    ...(wire !== undefined && {
      wire: wire.map((seen) => ('requested' in seen ? seenText(seen) : crossedText(seen))),
    }),
  };
}
