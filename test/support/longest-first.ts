import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the most time, the longest first. Begun last, one of them would run on alone at the end. */
const LONGEST = [
  ...[
    'crash',
    'page',
    'pages',
    'foreign',
    'action',
    'rerun',
    'many-clients',
    'rotation',
    'servers-and-peers',
  ],
  ...['sign', 'clients', 'package-managers', 'clone', 'serve', 'watch', 'parallel', 'exec', 'verify-client'],
];

/** Vitest's own order, by size where it has not measured yet, after the files that are known to take long. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId }: TestSpecification) => {
      const known = LONGEST.indexOf(basename(moduleId, '.test.ts'));
      return known === -1 ? LONGEST.length : known;
    };
    return sorted.sort((one, other) => place(one) - place(other));
  }
}
