/** The live page in a real browser: its numbers are the log's, it lives, it replays, and it asks nothing of anyone else. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { storedEvents } from '../../src/observe/event-sources.ts';
import { readLog } from '../../src/observe/log-files.ts';
import { servePage, type PageServer } from '../../src/observe/page-server.ts';
import { parseEvent } from '../../src/observe/parse-event.ts';
import { reportPage } from '../../src/observe/report.ts';
import { summarize } from '../../src/observe/run-summary.ts';
import { RunView } from '../../src/observe/run-view.ts';
import { threeDigits } from '../../src/observe/sentences.ts';
import { seriousFaults } from '../support/accessibility.ts';
import { findChromium, launchChromium, openPage } from '../support/chromium.ts';
import { startSynod } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { hasEnded } from '../support/peer-run.ts';
import { writeRun, type WrittenRun } from '../support/written-run.ts';

describe('the live page', function () {
  this.timeout(180_000);
  let browser: Browser;
  let folder: string;
  const servers: PageServer[] = [];

  before(async function () {
    const found = findChromium();
    if ('why' in found) {
      process.stderr.write(`the page is not tested: ${found.why}\n`);
      this.skip();
    }
    browser = await launchChromium(found.path);
  });
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-page-'))));
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    rmSync(folder, { recursive: true });
  });
  after(async () => browser?.close());

  const serve = async (run?: Omit<WrittenRun, 'folder'>): Promise<string> => {
    if (run !== undefined) writeRun({ folder, ...run });
    const server = await servePage(storedEvents(folder), '0');
    servers.push(server);
    return server.url;
  };
  const viewOf = async (of: string): Promise<RunView> => {
    const view = new RunView();
    for await (const line of readLog(of)) {
      const parsed = parseEvent(line);
      if ('event' in parsed) view.apply(parsed.event);
    }
    return view;
  };
  const text = (page: Page, selector: string) => page.locator(selector).innerText();
  const cellsOf = async (page: Page, selector: string): Promise<string[][]> =>
    page
      .locator(`${selector} tbody tr`)
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
  it('shows the numbers of the event log', async () => {
    const url = await serve({ peers: 8, rounds: 40, adversaries: 2 });
    const { page, context, faults } = await openPage(browser, url);
    const view = await viewOf(folder);
    assert.equal(await text(page, '#round'), 'round 40 of 40', 'rounds');
    assert.equal(await text(page, '#state'), 'finished', 'state');
    const attacked = 'Shaded: rounds with a contribution of a known attacker (40 of 40).';
    assert.equal(await text(page, '#attacked'), attacked, 'attacked rounds');
    await page.locator('#scrubber').fill('17');
    const list = view.rounds[17]?.contributions;
    assert.ok(list !== undefined, 'round 17 is in the log');
    const shown = await cellsOf(page, '[aria-label=contributions]');
    assert.equal(shown.length, list.peers.length + list.absent.length, 'a row for each peer that was asked');
    for (const [i, peer] of list.peers.entries()) {
      const row = shown.find(([name]) => name === view.name(peer));
      assert.deepEqual(
        row?.slice(1),
        [
          list.trimmed.includes(peer) ? 'trimmed' : 'contributed',
          '25.4 KiB',
          `${new Map(list.heard).get(peer)} ms`,
          ...[list.norm, list.distance, list.cosine, list.weight].map((column) => threeDigits(column?.[i])),
          '–',
        ],
        `row of ${view.name(peer)}`,
      );
    }
    const cutMarks = page.locator('#round-details figure path title');
    assert.equal(await cutMarks.count(), list.trimmed.length, 'a cross for each that was cut');
    assert.equal(
      await page.locator('#round-details figure circle').count(),
      list.peers.length - list.trimmed.length,
    );
    const { decision, opened } = view.rounds[17]!;
    const members = await page.locator('.committee li').allInnerTexts();
    assert.deepEqual(
      members,
      opened!.committee.map(
        (peer) =>
          `${view.name(peer)} ${decision!.signers.includes(peer) ? 'signed' : 'not among the signatures'}`,
      ),
      'the certificate’s signers',
    );
    await page.getByText('Bytes of each peer, beside the need').click();
    await page.locator('#round-details details[open] td').first().waitFor();
    const { need } = view.run!;
    assert.deepEqual(
      await cellsOf(page, '#round-details details[open]'),
      view.peers.map((_, peer) => {
        const isMember = opened!.committee.includes(peer);
        const { wireSent, wireReceived } = view.rounds[17]!.bytes.get(peer)!;
        const needed = need.everyPeer + (isMember ? need.member : 0);
        return [
          view.name(peer),
          isMember ? 'member' : 'follower',
          ...[wireSent, wireReceived, needed].map(String),
        ];
      }),
      'bytes of each beside the need',
    );
    await page.locator('#progress-text summary').click();
    await page.waitForSelector('#progress-text tbody tr');
    const progress = await cellsOf(page, '#progress-text');
    assert.deepEqual(
      progress.map(([, loss]) => loss),
      view.rounds.map((_, round) => threeDigits(view.loss(round))),
      'losses of all rounds',
    );
    assert.deepEqual(faults, [], 'no error and no request to elsewhere');
    await context.close();
  });

  it('replays earlier rounds, by the keyboard too, and returns to live', async () => {
    const { page, context } = await openPage(browser, await serve({ peers: 8, rounds: 30, adversaries: 2 }));
    const title = () => text(page, '#round-title');
    assert.equal(await title(), 'The last round: 29', 'the newest at first');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => document.querySelector('#round-title')?.textContent === 'Round 27');
    assert.match(await text(page, '#round-panel'), /Round 27 was decided/, 'its story');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('#peer-section:not([hidden])');
    assert.match(await text(page, '#peer-panel'), /trimmed in 30/, 'a peer by the arrows');
    await page.keyboard.press('l');
    await page.waitForFunction(() =>
      document.querySelector('#round-title')?.textContent?.startsWith('The last round'),
    );
    await page.keyboard.press('?');
    assert.ok(await page.locator('#help').isVisible(), 'help');
    await context.close();
  });

  it('has an address for each peer and round, and keeps what was opened while it is drawn again', async () => {
    const url = await serve({ peers: 8, rounds: 30, adversaries: 2, killed: { peer: 5, round: 20 } });
    const { page, context, faults } = await openPage(browser, `${url}#peer=0005&round=12`);
    assert.equal(await text(page, '#round-title'), 'Round 12', 'the round of the address');
    assert.equal(await text(page, '#peer-title'), 'Peer 0005', 'and its peer');
    assert.match(
      await text(page, '#peer-panel'),
      /It is silent: it was asked 10 times since round 20/,
      'why',
    );
    assert.equal(
      await page.locator('#links line[stroke-dasharray="8 6"] title').count(),
      7,
      'lost connections',
    );
    assert.match(await text(page, '#links'), /21 open connections among 8 peers, 7 lost/, 'and told');
    const details = page.locator('#round-panel details').first();
    await details.locator('summary').click();
    await page.waitForSelector('#round-panel details[open] tbody tr');
    await page.locator('#round-details button.peer').first().focus();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    const before = await focused();
    // another width draws everything again
    await page.setViewportSize({ width: 1100, height: 900 });
    await page.waitForFunction(() => document.querySelector('#matrix-place')?.clientWidth !== undefined);
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('#round-title')?.textContent === 'Round 13');
    assert.equal(await details.evaluate((one) => (one as HTMLDetailsElement).open), true, 'still open');
    assert.equal(await focused(), before, 'the focus is where it was');
    assert.match(page.url(), /#peer=0005&round=13$/, 'the address follows');
    assert.deepEqual(faults, [], 'no error');
    await context.close();
  });

  it('says that a log breaks off', async () => {
    writeRun({ folder, peers: 4, rounds: 5, adversaries: 0, unfinished: true });
    const log = join(folder, 'events.jsonl');
    writeFileSync(
      log,
      readFileSync(log, 'utf8').replace(/"startedAt":"[^"]+"/, '"startedAt":"2026-01-01T00:00:00Z"'),
    );
    const { page, context } = await openPage(browser, await serve());
    assert.match(await text(page, '#state'), /^nothing was written since .*: the run was killed/, 'state');
    assert.equal(await text(page, '#left'), '', 'no time left');
    await context.close();
  });

  it('lives: a run of eight peers appears as it goes on', async function () {
    // how long a round takes is the machine's to say
    this.timeout(900_000);
    const run = startSynod([
      ...['simulate', '--rounds', '100000', '--batch-size', '4', '--no-baselines', '--backend', 'cpu'],
      ...['--dir', folder, '--dashboard', '--transport', 'memory'],
    ]);
    try {
      const url = await eventually(
        'the address of the page',
        () => {
          if (hasEnded({ running: run })) throw new Error(run.output().stderr);
          return /dashboard: (\S+)/.exec(run.output().stderr)?.[1];
        },
        120_000,
      );
      const { page, context, faults } = await openPage(browser, url);
      const decided = async () => Number(/round (\d+) of/.exec(await text(page, '#round'))?.[1] ?? 0);
      const hasRound = async () => {
        if (hasEnded({ running: run })) throw new Error(run.output().stderr);
        return (await decided()) > 0;
      };
      await eventually('a first round on the page', hasRound, 300_000);
      const first = await decided();
      await eventually('more rounds without a reload', async () => (await decided()) > first + 1, 300_000);
      await page.locator('#scrubber').fill('0');
      assert.match(await text(page, '#round-panel'), /members signed/, 'the first round is there to replay');
      run.process.kill('SIGINT');
      await run.finished;
      await page.waitForSelector('body[data-connection=lost]');
      await eventually('the page says so', async () =>
        (await text(page, '#state')).includes('connection lost since'),
      );
      assert.ok((await decided()) > first, 'and keeps what it has');
      // a browser writes a lost connection to its console by itself
      const own = faults.filter((fault) => !/ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/.test(fault));
      assert.deepEqual(own, [], 'no other error');
      await context.close();
    } finally {
      run.process.kill('SIGKILL');
      await run.finished;
    }
    const view = await viewOf(folder);
    assert.equal(view.end?.state, 'stopped', 'the log says how it ended');
  });

  for (const scheme of ['light', 'dark'] as const) {
    for (const peers of [8, 200]) {
      it(`has no serious accessibility fault at ${peers} peers in ${scheme}`, async () => {
        const run = { peers, rounds: peers === 8 ? 60 : 120, adversaries: peers / 4, unfinished: true };
        const { page, context, faults } = await openPage(browser, await serve(run), scheme);
        if (peers === 8) await page.keyboard.press('ArrowDown');
        assert.deepEqual(await seriousFaults(page), [], 'axe');
        assert.deepEqual(faults, [], 'no error');
        await context.close();
      });
    }
  }

  it('has a report beside it without a serious accessibility fault', async () => {
    writeRun({ folder, peers: 8, rounds: 30, adversaries: 2 });
    const path = join(folder, 'report.html');
    writeFileSync(path, reportPage([summarize('run', await viewOf(folder))]));
    const page = await browser.newPage();
    await page.goto(pathToFileURL(path).href);
    assert.deepEqual(await seriousFaults(page), [], 'axe');
    await page.close();
  });

  it('takes what peers say as text', async () => {
    const { EventLog } = await import('../../src/observe/event-log.ts');
    writeRun({ folder, peers: 4, rounds: 3, adversaries: 0 });
    const view = await viewOf(folder);
    const { t: _t, e: _e, part: _part, startedAt: _at, peers, ...header } = view.run!;
    const log = new EventLog({ folder, header, peers, onFault: (reason) => assert.fail(reason) });
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    log.write('word', { peer: log.numberOf(evil), level: 'warn', text: evil });
    log.close();
    const { page, context, faults } = await openPage(browser, await serve());
    assert.equal(await page.locator('#events img, #events script').count(), 0, 'no tag of theirs');
    assert.ok((await text(page, '#events')).includes(evil), 'but their words');
    assert.deepEqual(faults, [], 'nothing was loaded');
    await context.close();
  });
});
