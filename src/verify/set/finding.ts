import type { Expected, Finding, SetProblem, Subject } from '../report/finding.js';

/** What was found of one thing in a set: right where it has no problem. */
export function setFinding(
  subject: string,
  tried: Subject,
  expected: Expected,
  problems: readonly SetProblem[] = [],
): Finding {
  const right = problems.length === 0;
  return {
    subject,
    protocol: 'set',
    tried,
    tls: null,
    severity: 'must',
    expected,
    observed: { kind: right ? 'as-expected' : 'not-as-expected' },
    verdict: right ? 'right' : 'wrong',
    ...(!right && { note: { kind: 'problems', problems } as const }),
    milliseconds: 0,
  };
}
