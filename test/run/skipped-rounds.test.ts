import assert from 'node:assert/strict';
import { latenessOf, SkippedRounds } from '../../src/run/skipped-rounds.ts';
import type { SkipReason } from '../../src/protocol/effect.ts';
import { configOf } from '../protocol/bench-peers.ts';

const EXPERIMENT = { cohort: { size: 4, minimum: 3 }, timing: { ...configOf().timing, collectMs: 300 } };

function counted(reasons: readonly (SkipReason | undefined)[]): [SkippedRounds, readonly string[]] {
  const skips = new SkippedRounds(EXPERIMENT);
  const said = reasons.flatMap((skipped) => skips.add(skipped === undefined ? {} : { skipped }) ?? []);
  return [skips, said];
}

const of = (count: number, reason?: SkipReason): (SkipReason | undefined)[] =>
  Array.from({ length: count }, () => reason);

describe('skipped rounds', () => {
  it('are an error in one sentence where they are most of a run', () => {
    const [skips, said] = counted([...of(11, 'too-few-contributions'), ...of(9)]);
    const sentence =
      '11 of 20 rounds changed nothing: they had fewer contributions than cohort.minimum, 3; start the missing' +
      ' peers, or raise timing.collectMs, 300, above the slowest gradient';
    assert.deepEqual(said, [sentence], 'said while it runs');
    assert.equal(skips.fault()?.message, sentence, 'and at its end');
    assert.equal(skips.fault()?.exitCode, 2, 'with the exit code of what the operator can cure');
  });

  it('are none where they are a half or less, or where nothing was decided', () => {
    const [skips, said] = counted([...of(10, 'too-few-contributions'), ...of(10)]);
    assert.deepEqual([skips.fault(), said], [undefined, []]);
    assert.equal(new SkippedRounds(EXPERIMENT).fault(), undefined, 'started again after the last round');
  });

  it('have their other reason too', () => {
    const [skips] = counted(of(5, 'not-finite'));
    assert.equal(
      skips.fault()?.message,
      '5 of 5 rounds changed nothing: their aggregate was no finite number',
    );
  });

  it('are laid to the training where it diverged, and not to peers that miss', () => {
    const [skips] = counted(of(3, 'too-few-contributions'));
    skips.diverged(4);
    skips.diverged(1);
    assert.equal(
      skips.fault()?.message,
      '3 of 3 rounds changed nothing: the training diverged, and from round 1 on contributions were no finite numbers,' +
        ' which nobody takes; try a lower learning rate, or look for NaN in the data or the task',
    );
  });

  it('are explained to a peer that is too slow, with both numbers and what to raise', () => {
    const late = { gradientMs: 3_700, isDone: true, collectionMs: 300, collectMs: 300 };
    assert.equal(
      latenessOf(late),
      'own gradient took 3.7 s, the collection ended after 0.3 s: raise timing.collectMs, 300, above it',
    );
    assert.match(latenessOf({ ...late, isDone: false }), /is not done after 3\.7 s/);
    assert.match(
      latenessOf({ ...late, collectMs: 10_000 }),
      /the others wait for it in some rounds only.*timing\.collectMinMs/,
    );
  });
});
