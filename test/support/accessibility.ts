/** What axe-core finds on a page. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly unknown[];
  }[];
}

/** Serious and critical faults, with the beginning of what axe says of each. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  // `preload` would fetch style sheets again, which a page from a folder may not
  const { violations } = await page.evaluate<AxeResult>('axe.run({ preload: false })');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} ${JSON.stringify(nodes).slice(0, 300)}`);
}
