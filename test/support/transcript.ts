// Transcripts of the command line: what a person types, what the built program prints, how it exits.
//
//   # a comment
//   $ a command, run by sh in a fresh folder that all commands of a file share
//   its standard output, line by line
//   ! its standard error, line by line
//   ? its exit status, where it is not 0
//
// In expected lines these stand for what differs from run to run:
//   <hex8> <hex32> <moment> <distance> <version> <folder>, and `...` alone for any number of lines.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { EXECUTABLE, run } from './program.js';

interface Step {
  readonly command: string;
  readonly stdout: string[];
  readonly stderr: string[];
  status: number;
}

export function parseTranscript(text: string): Step[] {
  const steps: Step[] = [];
  for (const line of text.replace(/\n+$/, '').split('\n')) {
    const step = steps.at(-1);
    if (line.startsWith('# ')) continue;
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), stdout: [], stderr: [], status: 0 });
    else if (line.startsWith('! ')) step?.stderr.push(line.slice(2));
    else if (line.startsWith('? ')) {
      if (step !== undefined) step.status = Number(line.slice(2));
    } else step?.stdout.push(line);
  }
  // Blank lines before the next command are for the reader.
  for (const step of steps) while (step.stdout.at(-1) === '') step.stdout.pop();
  return steps;
}

/** Runs a step as it would be typed, `generate-certs` being the built executable. */
export function runStep(
  step: Step,
  folder: string,
): { stdout: string; stderr: string; status: number | null } {
  const bin = join(folder, '.bin');
  mkdirSync(bin, { recursive: true });
  try {
    symlinkSync(EXECUTABLE, join(bin, 'generate-certs'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const cwd = join(folder, 'work');
  mkdirSync(cwd, { recursive: true });
  const env = { PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C', XDG_CACHE_HOME: join(folder, 'cache') };
  return run('sh', ['-c', step.command], { cwd, env });
}

const PLACEHOLDERS: Record<string, string> = {
  '<hex8>': '[0-9a-f]{8}',
  '<hex32>': '[0-9a-f]{32}',
  '<moment>': '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC',
  '<distance>': '(?:in )?(?:\\d+ (?:d|h|min|s) ?){1,2}(?: ?ago)?',
  '<version>': '\\d+\\.\\d+\\.\\d+',
};

/** The expected lines as a pattern over the whole output. */
export function patternOf(lines: readonly string[], folder: string): RegExp {
  const patterns = lines.map((line) => {
    if (line === '...') return '(?:.*\n)*?';
    const escaped = line.replaceAll('<folder>', join(folder, 'work')).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return `${escaped.replace(/<[a-z0-9]+>/g, (name) => PLACEHOLDERS[name] ?? name)}\n`;
  });
  return new RegExp(`^${patterns.join('')}$`);
}
