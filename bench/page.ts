/**
 * What the live page costs: how long a browser takes to open a run of 10,000 rounds, and what a peer's process spends on
 * serving one that goes on. `npm run bench:page`; needs Chromium. The log is written, not played: what is measured is
 * the log, the server and the page, on the clock. Exits with 1 where a limit is exceeded.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { storedEvents } from '../src/observe/event-sources.ts';
import { servePage } from '../src/observe/page-server.ts';
import { findChromium, launchChromium, openPage } from '../test/support/chromium.ts';
import { followRun, writeRun } from '../test/support/written-run.ts';

const [ROUNDS, PEERS, HISTORY, SECONDS] = [10_000, 200, 1_000, 30];
/** How often each is measured; the middle one counts, since a busy moment of the machine is no cost of the page. */
const TIMES = 3;
/** What is promised: seconds to open, per cent of a core, MiB. */
const LIMITS = { opens: 2, share: 1, mebibytes: 20 };

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The peer's process: a log that grows by a round each half second, with or without its page. */
async function serveAndGrow(folder: string, isServed: boolean): Promise<void> {
  const server = isServed ? await servePage(storedEvents(folder), '0') : undefined;
  process.send?.({ url: server?.url });
  await new Promise((resolve) => process.once('message', resolve));
  const stop = followRun({ folder, peers: PEERS, rounds: HISTORY, adversaries: 50, self: 0 }, 500);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 200);
  setTimeout(() => {
    clearInterval(timer);
    stop();
    const { user, system } = process.cpuUsage(before);
    process.send?.({ cpu: (user + system) / 1000 / (performance.now() - startedAt), memory: most });
    void server?.stop().then(() => process.exit());
    if (server === undefined) process.exit();
  }, SECONDS * 1000);
}

interface Cost {
  /** Cores. */
  readonly cpu: number;
  /** Bytes, the most that was resident. */
  readonly memory: number;
}

async function costOf(path: string, isServed: boolean): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-bench-'));
  writeRun({ folder, peers: PEERS, rounds: HISTORY, adversaries: 50, self: 0, unfinished: true });
  const child = fork(fileURLToPath(import.meta.url), ['child', folder, String(isServed)]);
  const next = <T>() =>
    new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  const { url } = await next<{ url?: string }>();
  const browser = url === undefined ? undefined : await launchChromium(path);
  if (browser !== undefined && url !== undefined) await openPage(browser, url);
  child.send('go');
  const cost = await next<Cost>();
  await browser?.close();
  rmSync(folder, { recursive: true });
  return cost;
}

async function openingOf(path: string, folder: string): Promise<number> {
  const server = await servePage(storedEvents(folder), '0');
  const browser = await launchChromium(path);
  try {
    const startedAt = performance.now();
    const { page } = await openPage(browser, server.url);
    await page.waitForFunction(() => document.querySelector('#state')?.textContent === 'finished');
    const seconds = (performance.now() - startedAt) / 1000;
    return seconds;
  } finally {
    await browser.close();
    await server.stop();
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** A line with the share of what is allowed; whether it is within. */
function judge(what: string, value: number, limit: number, unit: string): boolean {
  const isWithin = value < limit;
  say(
    `${isWithin ? 'within' : 'EXCEEDED'}: ${what} ${value.toFixed(2)} ${unit} of at most ${limit} (${(value / limit).toFixed(2)} of it)`,
  );
  return isWithin;
}

async function measure(path: string): Promise<boolean> {
  let isWithin = true;
  for (const peers of [8, PEERS]) {
    const folder = mkdtempSync(join(tmpdir(), 'synod-bench-'));
    writeRun({ folder, peers, rounds: ROUNDS, adversaries: peers >> 2, self: 0 });
    const openings: number[] = [];
    for (let i = 0; i < TIMES; i++) openings.push(await openingOf(path, folder));
    rmSync(folder, { recursive: true });
    const seconds = middle(openings);
    const what = `a peer's log of ${peers} peers and ${ROUNDS} rounds opens in`;
    isWithin = judge(what, seconds, LIMITS.opens, 's') && isWithin;
    say(`  all: ${openings.map((one) => one.toFixed(2)).join(' ')}`);
  }
  const without: Cost[] = [];
  const withPage: Cost[] = [];
  for (let i = 0; i < TIMES; i++) {
    without.push(await costOf(path, false));
    withPage.push(await costOf(path, true));
  }
  const of = (costs: readonly Cost[], key: keyof Cost): number => middle(costs.map((cost) => cost[key]));
  const share = 100 * (of(withPage, 'cpu') - of(without, 'cpu'));
  const mebibytes = (of(withPage, 'memory') - of(without, 'memory')) / 2 ** 20;
  say(`${PEERS} peers, ${HISTORY} rounds and two more each second, with one reader:`);
  isWithin = judge('the page costs its peer', share, LIMITS.share, '% of a core') && isWithin;
  isWithin = judge('and', mebibytes, LIMITS.mebibytes, 'MiB') && isWithin;
  const logAlone = (100 * of(without, 'cpu')).toFixed(2);
  say(`  processor time; the log alone takes ${logAlone} % of a core`);
  return isWithin;
}

const [, , mode, folder, served] = process.argv;
if (mode === 'child' && folder !== undefined) await serveAndGrow(folder, served === 'true');
else {
  const found = findChromium();
  if ('why' in found) throw new Error(found.why);
  if (!(await measure(found.path))) process.exitCode = 1;
}
