// The pages in a real browser: nothing sticks out, nothing is fetched, and axe finds nothing that keeps people from
// reading them.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Row } from '../../src/index.js';
import { formatReportPage } from '../../src/verify/page/report-page.js';
import { summarize } from '../../src/verify/report/summary.js';
import { temporaryFolderForAll } from '../support/folder.js';
import { generateCerts } from '../support/program.js';
import { HOSTILE_NAMES, rowWith } from '../support/rows.js';

const executablePath = inject('tools').chromium;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const folder = temporaryFolderForAll();

const VERDICTS = ['right', 'wrong', 'warning', 'inconclusive'] as const;
const endpoints = ['localhost:9178', 'https://api.example.test:8443'];
// 24 rows have every verdict in every version of TLS, of both endpoints. axe takes minutes for 200 of them.
const MANY = 24;
const many: Row[] = Array.from({ length: MANY }, (_, index) =>
  rowWith({
    subject: endpoints[index % 2] as string,
    name: `case ${Math.floor(index / 4)}`,
    tls: index % 4 < 2 ? 'TLSv1.2' : 'TLSv1.3',
    verdict: VERDICTS[Math.floor(index / 4) % 4] as Row['verdict'],
    flaw: index % 8 === 0 ? 'expired' : 'sub-ca',
    note: index % 3 === 0 ? 'it accepts a client certificate that is wrong' : '',
  }),
);
const MOST = 200;
const most = Array.from({ length: MOST }, (_, index) =>
  rowWith({
    name: `case ${index}`,
    verdict: VERDICTS[index % 4] as Row['verdict'],
    wire: ['handshake done (TLSv1.3)'],
  }),
);
const hostile = HOSTILE_NAMES.map((name, index) =>
  rowWith({
    ...{ subject: name, name, by: name, note: name, wire: [name], verdict: 'wrong' },
    protocol: index % 2 === 0 ? 'client' : 'rest',
  }),
);

const reportPage = (rows: Row[], words: readonly string[] = []) =>
  formatReportPage([{ ...summarize(rows), command: ['generate-certs', 'verify', ...words] }]);

describe.runIf(executablePath !== '')('in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    const made = generateCerts(['-o', 'certs', '-k', 'ec-p256', '--untrusted', 'all', '-q'], { cwd: folder });
    expect(made.status).toBe(0);
    const shown = generateCerts(['show', '-o', 'certs', '-q', '--html', 'set.html'], { cwd: folder });
    expect(shown.status).toBe(0);
    const pages = {
      'one.html': reportPage([rowWith({})]),
      'many.html': reportPage(many),
      'most.html': reportPage(most),
      'hostile.html': reportPage(hostile, HOSTILE_NAMES),
    };
    for (const [name, page] of Object.entries(pages)) writeFileSync(join(folder, name), page);
    browser = await chromium.launch({
      executablePath,
      args: [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
    });
  });
  afterAll(() => browser?.close());

  const FILES = ['one.html', 'many.html', 'hostile.html', 'set.html'];
  /** Each width, each scheme and paper once: axe takes seconds for a page, and what it finds follows from one of them. */
  const LOOKS = [
    { width: 400, colorScheme: 'light', media: 'screen' },
    { width: 1600, colorScheme: 'dark', media: 'screen' },
    { width: 800, colorScheme: 'dark', media: 'print' },
  ] as const;

  test.each(FILES.flatMap((file) => LOOKS.map((look) => ({ file, ...look }))))(
    '$file is readable at $width pixels, $colorScheme, on $media',
    async ({ file, width, colorScheme, media }) => {
      // Only axe needs the page's own policy out of its way; it needs no script of the page.
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme,
        bypassCSP: true,
      });
      try {
        const page = await context.newPage();
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.emulateMedia({ media });
        const url = pathToFileURL(join(folder, file)).href;
        await page.goto(url);
        expect(asked).toEqual([url]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(
          0,
        );
        await page.evaluate(axe);
        const { violations, passes } = (await page.evaluate('axe.run()')) as AxeResults;
        expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary])).toEqual([]);
        // What was checked, so that an empty page does not pass.
        expect(passes.map(({ id }) => id)).toContain('color-contrast');
      } finally {
        await context.close();
      }
    },
  );

  test('hostile names are text, and are seen', async () => {
    const page = await browser.newPage();
    try {
      await page.goto(pathToFileURL(join(folder, 'hostile.html')).href);
      expect(await page.locator('script, img, iframe, [onerror], [onfocus], [autofocus]').count()).toBe(0);
      expect(await page.locator('style').count()).toBe(1);
      expect(await page.title()).toBe('generate-certs: Failed');
      const text = await page.locator('main').innerText();
      for (const name of HOSTILE_NAMES.slice(0, 5)) expect(text).toContain(name);
      expect(text).toContain('\\u{202e}gnp.exe');
    } finally {
      await page.close();
    }
  });

  test.each([400, 1600])(`${MOST} rows fit %i pixels`, async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    try {
      await page.goto(pathToFileURL(join(folder, 'most.html')).href);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(await page.locator('article:visible').count()).toBe(MOST);
    } finally {
      await page.close();
    }
  });

  test('every link of the matrix leads to the details of its row', async () => {
    const page = await browser.newPage();
    try {
      await page.goto(pathToFileURL(join(folder, 'many.html')).href);
      const targets = await page
        .locator('td a')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
      expect(targets).toHaveLength(MANY);
      for (const target of targets) expect(await page.locator(`article${target}`).count()).toBe(1);
    } finally {
      await page.close();
    }
  });
});
