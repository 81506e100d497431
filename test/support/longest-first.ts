import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the most time, the longest first. Begun last, one of them would run on alone at the end. */
const LONGEST = [
  ...[
    'crash',
    'pages',
    'transcripts',
    'page',
    'many-clients',
    'clone',
    'action',
    'install',
    'foreign',
    'rerun',
  ],
  ...['your-own-ca', 'layout-rabbitmq', 'servers-and-peers', 'package-managers', 'sign', 'verify-probes'],
  ...['verify-client', 'verify-endpoint', 'everyone-in-the-set', 'intermediates', 'parallel', 'watch'],
  ...['clients', 'rotation', 'serve', 'certificates', 'exec', 'serve-ends', 'store'],
].map((name) => `integration ${name}`);

/** A worker goes on with the next file only where that is of the same project. */
const PROJECTS = ['integration', 'unit', 'mocking'];

/** Vitest's own order, by size where it has not measured yet, project by project, after the files that take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId, project }: TestSpecification) => {
      const known = LONGEST.indexOf(`${project.name} ${basename(moduleId, '.test.ts')}`);
      return known === -1 ? LONGEST.length + PROJECTS.indexOf(project.name) : known;
    };
    return sorted.sort((one, other) => place(one) - place(other));
  }
}
