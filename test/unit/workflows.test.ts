// The workflows, read by GitHub's own parser: the keys that there are, the expressions, what a job needs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolderForAll } from '../support/folder.js';
import { REPOSITORY } from '../support/program.js';

// The parser imports its schema as bundlers take it, and Node does not.
const outfile = join(temporaryFolderForAll(), 'parser.mjs');
await build({
  stdin: { contents: "export * from '@actions/workflow-parser';", resolveDir: REPOSITORY },
  ...{ bundle: true, platform: 'node', format: 'esm', outfile },
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});
const { NoOperationTraceWriter, parseWorkflow } = (await import(
  outfile
)) as typeof import('@actions/workflow-parser');

const folder = join(REPOSITORY, '.github', 'workflows');
const names = readdirSync(folder);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

function errorsOf(name: string, content: string): string[] {
  const { context } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

test.each(names)('%s is a workflow', (name) => {
  expect(errorsOf(name, read(name))).toEqual([]);
});

test('the parser finds what is wrong', () => {
  const content = read('ci.yml');
  expect(errorsOf('ci.yml', content.replace('runs-on:', 'run-on:'))).not.toEqual([]);
  expect(errorsOf('ci.yml', content.replace('matrix.node }}', 'matrx.node }}'))).not.toEqual([]);
});

test.each(names)('%s may read, and runs no text of others as shell', (name) => {
  const { permissions, jobs } = parse(read(name)) as {
    permissions: object;
    jobs: Record<string, { 'timeout-minutes'?: number; steps: { run?: string }[] }>;
  };
  expect(permissions).toEqual({ contents: 'read' });
  for (const job of Object.values(jobs)) {
    expect(job['timeout-minutes']).toBeGreaterThan(0);
    // An expression in a shell line is text that somebody else may have written.
    expect(job.steps.map(({ run = '' }) => run).filter((run) => run.includes('${'.concat('{')))).toEqual([]);
  }
});

test('CI runs each version of Node that package.json allows, and a release has provenance', () => {
  expect(parse(read('ci.yml')).jobs.test.strategy.matrix.node).toEqual(['20', '22', '24']);
  const { publish } = parse(read('release.yml')).jobs;
  expect(publish.permissions['id-token']).toBe('write');
  expect(publish.steps.at(-1).run).toContain('npm publish --provenance');
});
