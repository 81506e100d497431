import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take the most time, the longest first. Begun last, one of them would run on alone at the end. */
const LONGEST = [
  ...['crash', 'page', 'pages', 'clone', 'action', 'rerun', 'foreign', 'many-clients', 'clients', 'rotation'],
  ...[
    'package-managers',
    'sign',
    'intermediates',
    'servers-and-peers',
    'serve',
    'verify-client',
    'certificates',
  ],
  ...['verify-endpoint', 'your-own-ca', 'watch', 'parallel', 'exec', 'serve-ends', 'store'],
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
