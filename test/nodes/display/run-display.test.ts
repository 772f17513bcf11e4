import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRunDisplay, type RunDisplayOptions } from '../../../nodes/display/run-display.ts';
import type { RunEvent } from '../../../src/observe/event-table.ts';
import { readLog } from '../../../src/observe/log-files.ts';
import { parseEvent } from '../../../src/observe/parse-event.ts';
import { RunView } from '../../../src/observe/run-view.ts';
import { sparkline, terminalLines } from '../../../src/observe/terminal-lines.ts';
import { writeRun } from '../../support/written-run.ts';

const PEERS = 8;
const ROUNDS = 20;

describe('the display of a run', () => {
  const events: RunEvent[] = [];
  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-display-'));
    writeRun({ folder, peers: PEERS, rounds: ROUNDS, adversaries: 2 });
    for await (const line of readLog(folder)) {
      const parsed = parseEvent(line);
      if ('event' in parsed) events.push(parsed.event);
    }
    rmSync(folder, { recursive: true });
  });

  /** A terminal that keeps what is on its screen, as far as the display uses one. */
  function terminal(
    options: Partial<RunDisplayOptions> & { readonly isTTY?: boolean; readonly columns?: number },
  ) {
    const { isTTY = true, columns = 100 } = options;
    const screen: string[] = [''];
    let written = '';
    const stream = {
      isTTY,
      columns,
      write(text: string) {
        written += text;
        // the only sequences that there are: up n lines, clear below, cursor, carriage return
        for (const [piece, up] of text.matchAll(
          /\u001b\[(\d+)A|\u001b\[0J|\u001b\[\?25[lh]|\r|\n|[^\u001b\r\n]+/g,
        )) {
          if (up !== undefined) screen.splice(screen.length - 1 - Number(up));
          else if (piece === '\n') screen.push('');
          else if (piece.startsWith('\u001b') || piece === '\r') continue;
          else screen[screen.length - 1] += piece;
          if (up !== undefined) screen.push('');
        }
      },
    };
    const pending: (() => void)[] = [];
    const later = (_delayMs: number, run: () => void) => {
      pending.push(run);
      return () => void pending.splice(pending.indexOf(run), 1);
    };
    const display = createRunDisplay({ stream, title: 'peers', quiet: false, later, ...options });
    return { display, screen, written: () => written, tick: () => pending.splice(0).forEach((run) => run()) };
  }

  it('redraws a region of at most six lines in place, however many events come', () => {
    const { display, screen, tick } = terminal({});
    for (const event of events) {
      display.take(event);
      tick();
    }
    assert.ok(screen.length <= 7, `${screen.length} lines on the screen`);
    assert.match(screen[0] ?? '', /█ round 20 of 20$/, 'how far, and nothing is left');
    assert.deepEqual(terminalLines(new RunView(), 60), ['starting'], 'before anything is known');
    assert.ok(
      screen.some((line) => /^cut 0000 0001/.test(line)),
      screen.join('\n'),
    );
    assert.ok(
      screen.some((line) => /^loss .*accuracy/.test(line)),
      'how well',
    );
  });

  it('draws once for all events between two ticks', () => {
    const { display, written, tick } = terminal({});
    for (const event of events) display.take(event);
    assert.equal(written(), '\u001b[?25l', 'nothing but the cursor');
    tick();
    assert.equal(written().split('round 20 of 20').length, 2, 'once');
  });

  it('keeps sentences above the region, and gives the cursor back', () => {
    const { display, screen, written, tick } = terminal({});
    for (const event of events) display.take(event);
    tick();
    display.say('Ab3x is missing');
    display.stop();
    assert.equal(screen[0], 'Ab3x is missing', 'above');
    assert.match(screen[1] ?? '', /round 20 of 20/, 'the region below');
    assert.ok(written().endsWith('\u001b[?25h'), 'cursor');
  });

  it('leaves nothing behind in a terminal that has become narrower and broken its lines', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 120, write: (text: string) => void written.push(text) };
    const pending: (() => void)[] = [];
    const later = (_delayMs: number, run: () => void) => {
      pending.push(run);
      return () => void pending.splice(0);
    };
    const display = createRunDisplay({ stream, title: 'peers', quiet: false, later });
    for (const event of events) display.take(event);
    pending.splice(0).forEach((run) => run());
    const rows = (written.at(-1) ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => line.replace(/^\r\u001b\[0J/, ''))
      .reduce((sum, line) => sum + Math.ceil(line.length / 40), 0);
    stream.columns = 40;
    display.say('narrower');
    assert.match(
      written.at(-2) ?? '',
      new RegExp(`^\\r\u001b\\[${rows}A\u001b\\[0Jnarrower`),
      `${rows} rows up`,
    );
    assert.ok(rows > 6, 'more than there were lines');
  });

  for (const columns of [1, 20, 40, 80, 200]) {
    it(`wraps no line of a terminal of ${columns} columns`, () => {
      const view = new RunView();
      for (const event of events) view.apply(event);
      const lines = terminalLines(view, columns - 1);
      assert.ok(
        lines.every((line) => line.length < columns),
        lines.join('\n'),
      );
    });
  }

  it('writes plain lines where no terminal is: each minute or tenth of the run, whichever is rarer', () => {
    let now = 0;
    const { display, screen, written } = terminal({ isTTY: false, now: () => now });
    for (const event of events) {
      if (event.e === 'decision') now += 15_000;
      display.take(event);
    }
    display.stop();
    const rounds = screen.flatMap((line) => /^peers (\d+)\/20 \|/.exec(line)?.[1] ?? []).map(Number);
    assert.deepEqual(rounds, [4, 8, 12, 16, 20], 'every minute, since a tenth is two rounds');
    assert.doesNotMatch(written(), /\u001b/, 'no escape sequence');
  });

  it('shows control characters of others as text', () => {
    const { display, screen, written } = terminal({});
    display.say('a peer said \u001b[2J');
    assert.equal(screen[0], 'a peer said \\u001b[2J', 'escaped');
    assert.doesNotMatch(written(), /\u001b\[2J/, 'the screen is not cleared');
  });

  it('is silent where it is asked to be', () => {
    const { display, written } = terminal({ quiet: true });
    for (const event of events) display.take(event);
    display.say('a word');
    display.stop();
    assert.equal(written(), '', 'nothing');
  });

  it('shows a course in bars from the least to the greatest value', () => {
    assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7]), '▁▂▃▄▅▆▇█', 'eight steps');
    assert.equal(sparkline([5, 5]), '▁▁', 'no change');
    assert.equal(sparkline(Array.from({ length: 1000 }, (_, i) => i)).length, 24, 'at most so long');
  });
});
