/**
 * `npm run docs:pictures [-- --run DIR]`: the pictures of the live page in docs/pictures, in light and dark: a real run of
 * eight peers, played now or taken from DIR, and a written log of two hundred. A run that was disturbed, as by a machine
 * that is busy with other work, is no picture of what is ordinary: it is refused, with what was amiss.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decode, encode } from 'fast-png';
import type { Browser } from 'playwright-core';
import { storedEvents } from '../../src/observe/event-sources.ts';
import { servePage } from '../../src/observe/page-server.ts';
import { readRun } from '../../src/observe/read-run.ts';
import type { RunView } from '../../src/observe/run-view.ts';
import { findChromium, launchChromium, openPage } from '../support/chromium.ts';
import { startSynod } from '../support/cli.ts';
import { writeRun } from '../support/written-run.ts';

const PICTURES = fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const [SEED, MOST_COLORS, ALIKE] = [7, 256, 0xf0f0f0];
/** What `synod simulate` plays, with patience for a machine that is busy: nobody is late because of it. */
const EXPERIMENT = {
  rounds: 40,
  timing: {
    ...{ collectMs: 120_000, collectMinMs: 60_000, proposeMs: 180_000 },
    ...{ prevoteMs: 60_000, precommitMs: 60_000 },
  },
};

const { values } = parseArgs({ options: { run: { type: 'string' } } });
const folder = mkdtempSync(join(tmpdir(), 'synod-pictures-'));
const found = findChromium();
if ('why' in found) throw new Error(found.why);
const browser = await launchChromium(found.path);
try {
  const large = join(folder, 'large');
  writeRun({ folder: large, peers: 200, rounds: 120, adversaries: 50, unfinished: true });
  await takePictures(browser, large, 200, '#round=117');
  const real = values.run ?? (await playRun(join(folder, 'real')));
  const { view } = await readRun(real);
  const faults = disturbances(view);
  if (faults.length > 0) throw new Error(`the run was disturbed: ${faults.join('; ')}`);
  const attacker = view.name([...view.adversaries][0] ?? 0);
  await takePictures(browser, real, 8, `#peer=${attacker}&round=${view.decided}`);
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}

async function playRun(dir: string): Promise<string> {
  const experiment = join(folder, 'experiment.json');
  writeFileSync(experiment, JSON.stringify(EXPERIMENT));
  const what = ['--experiment', experiment, '--peers', '8', '--byzantine', '2', '--seed', String(SEED)];
  const words = ['simulate', ...what, '--no-baselines', '--dir', dir];
  const { code, stderr } = await startSynod(words).finished;
  if (code !== 0) throw new Error(stderr);
  return dir;
}

function disturbances(view: RunView): string[] {
  const rounds = view.rounds.flatMap((seen) => seen ?? []);
  const numbers = (of: typeof rounds): string => of.map(({ round }) => round).join(', ');
  const cases: readonly (readonly [string, typeof rounds])[] = [
    ['not decided', rounds.filter(({ decision }) => decision === undefined)],
    ['without a change', rounds.filter(({ skip }) => skip !== undefined)],
    ['with a late proposer', rounds.filter(({ views }) => views.length > 0)],
    ['with somebody missing', rounds.filter(({ contributions }) => contributions?.absent.length !== 0)],
  ];
  return [
    ...(view.decided + 1 === view.plannedRounds
      ? []
      : [`${view.decided + 1} of ${view.plannedRounds} rounds`]),
    ...cases.flatMap(([what, of]) => (of.length === 0 ? [] : [`rounds ${what}: ${numbers(of)}`])),
  ];
}

async function takePictures(on: Browser, run: string, peers: number, hash: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    const server = await servePage(storedEvents(run), '0');
    const { page, context, faults } = await openPage(on, `${server.url}${hash}`, scheme);
    if (faults.length > 0) throw new Error(faults.join('; '));
    const path = join(PICTURES, `page-${peers}-${scheme}.png`);
    const picture = smaller(await page.screenshot({ fullPage: true }));
    writeFileSync(path, picture);
    process.stdout.write(`${path}: ${Math.round(picture.length / 1024)} KiB\n`);
    await context.close();
    await server.stop();
  }
}

/** The same picture with a table of its most frequent colours; the others, of edges of letters, become the nearest. */
function smaller(png: Uint8Array): Uint8Array {
  const { width, height, data, channels } = decode(png);
  const counts = new Map<number, number>();
  const colors = new Uint32Array(width * height);
  for (let i = 0; i < colors.length; i++) {
    const [r = 0, g = 0, b = 0] = data.subarray(i * channels, i * channels + 3);
    const color = (r << 16) | (g << 8) | b;
    colors[i] = color;
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  // of colours that the eye takes for one, as at the edges of letters, the most frequent stands for all
  const alike = new Map<number, { readonly color: number; total: number }>();
  for (const [color, count] of [...counts].sort(([, a], [, b]) => b - a)) {
    const known = alike.get(color & ALIKE);
    if (known === undefined) alike.set(color & ALIKE, { color, total: count });
    else known.total += count;
  }
  const kept = [...alike.values()].sort((a, b) => b.total - a.total).slice(0, MOST_COLORS);
  const palette = kept.map(({ color }) => [color >> 16, (color >> 8) & 255, color & 255]);
  const places = new Map(kept.map(({ color }, place) => [color, place]));
  const nearest = (color: number): number => {
    const [r, g, b] = [color >> 16, (color >> 8) & 255, color & 255];
    const far = palette.map(([r2 = 0, g2 = 0, b2 = 0]) => (r - r2) ** 2 + (g - g2) ** 2 + (b - b2) ** 2);
    return far.indexOf(Math.min(...far));
  };
  const indexed = Uint8Array.from(colors, (color) => {
    const place = places.get(color) ?? nearest(color);
    places.set(color, place);
    return place;
  });
  const image = { width, height, data: indexed, channels: 1, depth: 8 as const, palette };
  return encode(image, { zlib: { level: 9 } });
}
