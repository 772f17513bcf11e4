/** Which question a sweep answers, and over which cases. The outcomes are made up. */
import assert from 'node:assert/strict';
import type { FinishedCell } from '../../../simulations/reproduce/reproduction.ts';
import { parseSweep, sweepCells } from '../../../simulations/reproduce/sweep-cells.ts';
import { summariseSweep } from '../../../simulations/reproduce/sweep-summary.ts';

type Settings = FinishedCell['settings'];

function summaryOf(
  grid: Readonly<Record<string, unknown>>,
  accuracyOf: (settings: Settings) => number,
  extra = {},
) {
  const spec = parseSweep({
    ...{ workers: 8, byzantine: 1, seeds: [1, 2], grid, ...extra },
    experiment: {
      rounds: 2,
      model: { kind: 'mlp', hidden: [3] },
      data: { name: 'glyphs', train: 60, test: 20 },
      partition: { kind: 'similarity', share: 1 },
    },
  });
  const cells = sweepCells(spec).cells.map(({ id, settings }): FinishedCell => {
    const values = { accuracy: accuracyOf(settings), validationAccuracy: accuracyOf(settings) };
    return { id, settings, outcome: { values, curve: [], digest: '', seconds: 1 } };
  });
  return summariseSweep(spec, cells);
}

const GRID = {
  'aggregation.rule': ['median', 'trimmed-mean'],
  byzantine: [1, 2],
  'partition.share': [0, 1],
  attack: ['sign-flip', 'ipm'],
};

describe('the summary of a sweep', () => {
  it('says of the rule which has the best worst case, whatever else varies', () => {
    const { verdicts } = summaryOf(GRID, (settings) =>
      settings['aggregation.rule'] === 'median' && settings['byzantine'] === 2 ? 0.3 : 0.6,
    );
    assert.equal(verdicts.length, 1);
    assert.match(verdicts[0]?.claim ?? '', /aggregation\.rule .*trimmed-mean has the best worst case/);
    assert.match(verdicts[0]?.seen ?? '', /median: 30\.0 %; trimmed-mean: 60\.0 %/);
  });

  it('takes the worst of all cases, not of means over them', () => {
    const { verdicts } = summaryOf(GRID, (settings) => {
      if (settings['aggregation.rule'] === 'trimmed-mean') return 0.5;
      return settings['partition.share'] === 0 ? 0.2 : 0.9;
    });
    assert.match(verdicts[0]?.seen ?? '', /median: 20\.0 %; trimmed-mean: 50\.0 %/);
  });

  it('does so after the choice of hyper-parameters too, and of heterogeneity where no rule varies', () => {
    const chosen = summaryOf(
      { optimizer: [0.1, 0.2], ...GRID },
      ({ optimizer, ...settings }) =>
        (optimizer === 0.1 ? 0.1 : 0.5) + (settings['aggregation.rule'] === 'median' ? 0.2 : 0),
      { choose: ['optimizer'] },
    );
    assert.match(chosen.verdicts[0]?.seen ?? '', /median: 70\.0 %; trimmed-mean: 50\.0 %/);
    const { 'aggregation.rule': _rule, ...rest } = GRID;
    const split = summaryOf(rest, (settings) => (settings['partition.share'] === 0 ? 0.2 : 0.9));
    assert.match(split.verdicts[0]?.claim ?? '', /partition\.share .*1 has the best worst case/);
  });
});
