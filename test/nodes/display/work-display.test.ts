import assert from 'node:assert/strict';
import { createWorkDisplay, workLines, type WorkState } from '../../../nodes/display/work-display.ts';
import { gridState } from '../../../nodes/grid-command.ts';
import { fuzzState } from '../../../nodes/commands/fuzz-report.ts';

const state = (share: number, secondsLeft?: number): WorkState => ({
  share,
  secondsLeft,
  done: [`${Math.round(40 * share)} of 40 cells`, '3 from before'],
  details: [['now mean-1 50 %', 'median-1 20 %'], ['last krum-1 in 12 s']],
});

function display(isTTY: boolean, quiet = false) {
  let [written, now] = ['', 0];
  const pending: (() => void)[] = [];
  const work = createWorkDisplay({
    stream: { isTTY, columns: 80, write: (text: string) => (written += text) },
    quiet,
    now: () => now,
    later: (_delayMs, run) => {
      pending.push(run);
      return () => void pending.splice(pending.indexOf(run), 1);
    },
  });
  return {
    work,
    written: () => written,
    tick: () => pending.splice(0).forEach((run) => run()),
    wait: (ms: number) => (now += ms),
  };
}

describe('the display of work', () => {
  it('redraws its lines in place on a terminal, with sentences above', () => {
    const { work, written, tick } = display(true);
    work.show(state(0.2, 80));
    tick();
    work.show(state(0.5, 50));
    work.show(state(0.6, 40));
    tick();
    work.say('seed 7: fork');
    work.stop();
    const text = written();
    assert.equal(text.split('20 of 40 cells').length, 1, 'what came between two ticks is not drawn');
    assert.match(text, /█+░+ 24 of 40 cells · 3 from before · about 40 s left\n/, 'how far, how long still');
    assert.match(
      text,
      /\u001b\[3A\u001b\[0Jseed 7: fork\n\r\u001b\[0J█/,
      'the region is taken away, and is below again',
    );
    assert.ok(text.endsWith('\u001b[?25h'), 'the cursor is back');
  });

  it('writes plain lines elsewhere: each minute or tenth, whichever is rarer, and the last', () => {
    const { work, written, wait } = display(false);
    for (let step = 0; step < 64; step += 1) {
      wait(20_000);
      work.show(state(step / 64, 9));
    }
    work.show(state(1));
    work.stop();
    const lines = written().trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => Number(/(\d+) %/.exec(line)?.[1])),
      [11, 22, 33, 44, 55, 66, 77, 88, 98, 100],
      written(),
    );
    assert.doesNotMatch(written(), /\u001b/, 'no escape sequence');
    assert.equal(lines[0], '4 of 40 cells, 3 from before, 11 %, about 9 s left');
  });

  it('says only what is wrong where it is to be quiet, without control characters of others', () => {
    const { work, written } = display(true, true);
    work.show(state(0.5, 3));
    work.say('seed 7: \u001b[2J');
    work.stop();
    assert.equal(written(), 'seed 7: \\u001b[2J\n');
  });

  for (const width of [0, 10, 24, 30, 79])
    it(`has no line above ${width} columns`, () => {
      const lines = workLines(state(0.5, 30), width);
      assert.ok(
        lines.every((line) => line.length <= width),
        lines.join('\n'),
      );
    });

  it('tells of a grid which cells run and what the last came to', () => {
    const outcome = { values: { accuracy: 0.91234, loss: null }, curve: [], digest: '', seconds: 12.2 };
    const shown = gridState({
      finished: 5,
      total: 9,
      resumed: 2,
      share: 0.5,
      secondsLeft: 30,
      running: Array.from({ length: 6 }, (_, i) => ({ id: `cell-${i}`, share: i / 10 })),
      last: { id: 'cell-z', settings: {}, outcome },
    });
    assert.deepEqual(workLines(shown, 200).slice(1), [
      'now cell-0 0 % · cell-1 10 % · cell-2 20 % · cell-3 30 % · and 2 more',
      'last cell-z in 12.2 s · accuracy 0.912 · loss –',
    ]);
  });

  it('takes of seeds and time what ends a search first', () => {
    const summary = {
      ...{ seeds: 10, rounds: 100, violations: 0, stalls: 0, events: 1, attempts: 2, stepsBack: 1 },
      ...{ maxView: 3, failures: [] },
    };
    assert.equal(fuzzState(summary, 30, 100, Infinity).share, 0.1, 'seeds');
    assert.equal(fuzzState(summary, 30, 100, 60).share, 0.5, 'time');
    const endless = fuzzState(summary, 30, Infinity, 60);
    assert.deepEqual(endless.done, ['10 seeds', '0 violations', '0 stalls']);
    assert.equal(endless.secondsLeft, 30);
  });
});
