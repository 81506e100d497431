import { expect, test } from 'vitest';
import { renderRefusals } from '../support/layout-refusals.js';
import { pageText } from '../support/pages.js';

test('docs/layouts.md has the table of what the programs were seen to say', () => {
  expect(pageText('docs/layouts.md')).toContain(renderRefusals());
});
