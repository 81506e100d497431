import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folder.js';
import { REPOSITORY } from '../support/program.js';
import { parseTranscript, patternOf, runStep } from '../support/transcript.js';

const FOLDER = join(REPOSITORY, 'test', 'transcripts');

test.each(readdirSync(FOLDER).filter((name) => name.endsWith('.txt')))('transcript %s', (name) => {
  const folder = temporaryFolder();
  const steps = parseTranscript(readFileSync(join(FOLDER, name), 'utf8'));
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) {
    const { stdout, stderr, status } = runStep(step, folder);
    // The command stands in both so that a failure names it.
    const label = `$ ${step.command}\n`;
    expect(`${label}${stdout}`).toMatch(withLabel(label, patternOf(step.stdout, folder)));
    expect(`${label}${stderr}`).toMatch(withLabel(label, patternOf(step.stderr, folder)));
    expect(`${label}? ${status}`).toBe(`${label}? ${step.status}`);
  }
});

function withLabel(label: string, pattern: RegExp): RegExp {
  return new RegExp(`^${label.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}${pattern.source.slice(1)}`);
}
