/**
 * What the live page costs: how long a browser takes to open a run of 10,000 rounds, and what a peer's process spends on
 * serving one that goes on. `npm run bench:page`; needs Chromium. The log is written, not played: what is measured is
 * the log, the server and the page.
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

async function costOf(path: string, isServed: boolean): Promise<{ cpu: number; memory: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-bench-'));
  writeRun({ folder, peers: PEERS, rounds: HISTORY, adversaries: 50, self: 0, unfinished: true });
  const child = fork(fileURLToPath(import.meta.url), ['child', folder, String(isServed)]);
  const next = <T>() =>
    new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  const { url } = await next<{ url?: string }>();
  const browser = url === undefined ? undefined : await launchChromium(path);
  if (browser !== undefined && url !== undefined) await openPage(browser, url);
  child.send('go');
  const cost = await next<{ cpu: number; memory: number }>();
  await browser?.close();
  rmSync(folder, { recursive: true });
  return cost;
}

async function openingOf(path: string, peers: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-bench-'));
  writeRun({ folder, peers, rounds: ROUNDS, adversaries: peers >> 2, self: 0 });
  const server = await servePage(storedEvents(folder), '0');
  const browser = await launchChromium(path);
  try {
    const startedAt = performance.now();
    const { page } = await openPage(browser, server.url);
    await page.waitForFunction(() => document.querySelector('#state')?.textContent === 'finished');
    return (performance.now() - startedAt) / 1000;
  } finally {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

const [, , mode, folder, served] = process.argv;
if (mode === 'child' && folder !== undefined) await serveAndGrow(folder, served === 'true');
else {
  const found = findChromium();
  if ('why' in found) throw new Error(found.why);
  for (const peers of [8, PEERS]) {
    say(`${peers} peers, ${ROUNDS} rounds: opens in ${(await openingOf(found.path, peers)).toFixed(2)} s`);
  }
  const [without, withPage] = [await costOf(found.path, false), await costOf(found.path, true)];
  const mebibytes = (withPage.memory - without.memory) / 2 ** 20;
  const share = 100 * (withPage.cpu - without.cpu);
  say(
    `${PEERS} peers, ${HISTORY} rounds and two more each second: the page costs ${share.toFixed(2)} % of a core and ${mebibytes.toFixed(1)} MiB` +
      ` (the log alone ${(100 * without.cpu).toFixed(2)} %)`,
  );
}
