/** The documentation as pages: links lead somewhere, and it works in a browser from a folder, in light and dark. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { buildSite } from '../../site/build-site.ts';
import { loadPages } from '../../site/load-pages.ts';
import { seriousFaults } from '../support/accessibility.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the pages of the documentation', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-site-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('have no link that leads nowhere', () => {
    const { faults, pages } = loadPages(ROOT);
    assert.deepEqual(faults, [], 'links, anchors, pictures');
    assert.ok(pages.length > 30, `${pages.length} pages`);
  });

  it('are told apart from those that have one', () => {
    mkdirSync(join(folder, 'docs'));
    writeFileSync(
      join(folder, 'docs/a.md'),
      '# A\n\n[gone](gone.md), [no such heading](b.md#nothing), [there](b.md#the-part), ![none](none.png), docs/lost.md\n',
    );
    writeFileSync(
      join(folder, 'docs/b.md'),
      '# B\n\n## The part\n\n[own](#the-part) [bad](#part) [web](https://example.org)\n',
    );
    assert.deepEqual([...loadPages(folder).faults].sort(), [
      'docs/a.md: docs/b.md has no heading #nothing',
      'docs/a.md: docs/lost.md is named, and is no page',
      'docs/a.md: gone.md is no file',
      'docs/a.md: none.png is no file',
      'docs/b.md: docs/b.md has no heading #part',
    ]);
  });
});

describe('the site', function () {
  this.timeout(120_000);
  let browser: Browser;
  let folder: string;

  before(async function () {
    const found = findChromium();
    if ('why' in found) {
      process.stderr.write(`the site is not tested in a browser: ${found.why}\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'synod-site-'));
    const { faults } = await buildSite(ROOT, folder);
    assert.deepEqual(faults, [], 'built');
    browser = await launchChromium(found.path);
  });
  after(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  const open = async (name: string, scheme: 'light' | 'dark'): Promise<{ page: Page; faults: string[] }> => {
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width: 1280, height: 900 } });
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith('file:')) faults.push(`request of ${request.url()}`);
    });
    page.on('requestfailed', (request) => faults.push(`no ${request.url()}`));
    await page.goto(pathToFileURL(join(folder, name)).href);
    return { page, faults };
  };

  it('finds from a folder, by the keyboard alone', async () => {
    const { page, faults } = await open('decisions/ecvrf.html', 'light');
    await page.keyboard.press('/');
    await page.keyboard.type('trimmed-mean');
    await page.waitForSelector('#found a');
    assert.match(await page.locator('#found-count').innerText(), /^\d+ sections found$/, 'told to readers');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/(aggregation|which-rule)\.html#/);
    assert.match(
      await page.locator('main h1').innerText(),
      /Robust aggregation|Which rule/,
      'a page of rules',
    );
    await page.keyboard.press('/');
    await page.keyboard.type('qqqqzzzz');
    await page.waitForFunction(() =>
      document.querySelector('#found-count')?.textContent?.startsWith('nothing'),
    );
    assert.deepEqual(faults, [], 'no fault, nothing from elsewhere');
    await page.close();
  });

  for (const scheme of ['light', 'dark'] as const) {
    for (const name of ['quick-start.html', 'examples/my-task/README.html']) {
      it(`shows ${name} in ${scheme} without a serious accessibility fault`, async () => {
        const { page, faults } = await open(name, scheme);
        const pictures = await page
          .locator('main img')
          .evaluateAll((all) => all.map((image) => (image as HTMLImageElement).naturalWidth));
        assert.ok(
          pictures.every((width) => width > 0),
          'pictures are there',
        );
        assert.deepEqual(await seriousFaults(page), [], 'axe');
        assert.deepEqual(faults, [], 'no fault');
        await page.close();
      });
    }
  }

  it('reads without scripts', () => {
    const html = readFileSync(join(folder, 'concepts.html'), 'utf8').replace(/<script[^]*?<\/script>/g, '');
    for (const words of ['<h1', 'aria-current="page"', 'pictures/round.svg', 'href="glossary.html"'])
      assert.ok(html.includes(words), words);
  });
});
