/** A real headless Chromium for tests of pages: Debian's, installed where it is absent and the test may; or why not. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of the browser, or why there is none. */
export function findChromium(): { readonly path: string } | { readonly why: string } {
  const known = PLACES.find((path) => existsSync(path));
  if (known !== undefined) return { path: known };
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return { why: 'no Chromium is installed, and only root may install Debian’s package' };
  }
  const apt = (...args: string[]) => spawnSync('apt-get', args, { stdio: 'ignore', timeout: 300_000 }).status;
  if (apt('install', '-y', '--no-install-recommends', 'chromium') !== 0) {
    apt('update');
    apt('install', '-y', '--no-install-recommends', 'chromium');
  }
  const installed = PLACES.find((path) => existsSync(path));
  return installed === undefined
    ? { why: 'apt-get could not install the package chromium' }
    : { path: installed };
}

export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Console errors, page errors, and requests that left this machine. */
  readonly faults: string[];
}

export async function launchChromium(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] });
}

/** Opens a page that is not let out: what it asks of another host is refused and noted. */
export async function openPage(
  browser: Browser,
  url: string,
  scheme: 'light' | 'dark' = 'light',
): Promise<WatchedPage> {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height: 1400 } });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  await context.route('**/*', async (route) => {
    const { hostname, protocol } = new URL(route.request().url());
    if (hostname === '127.0.0.1' || protocol === 'data:') return route.continue();
    faults.push(`request to ${hostname}`);
    return route.abort();
  });
  await page.goto(url);
  await page.waitForSelector('body[data-ready=true]', { state: 'attached' });
  return { page, context, faults };
}
