/** What reports say of given outcomes: tables, standard errors, claims. The outcomes are made up; the words must follow. */
import assert from 'node:assert/strict';
import { accuracyTable, presentOf, worstCaseMap } from '../../../simulations/reproduce/accuracy-grid.ts';
import { combinations } from '../../../simulations/reproduce/accuracy-study.ts';
import { findReproduction, reproductions } from '../../../simulations/reproduce/catalogue.ts';
import { markdown } from '../../../simulations/reproduce/report.ts';
import type { FinishedCell, GridSize } from '../../../simulations/reproduce/reproduction.ts';
import {
  verdictOf,
  type Answer,
  type Finding,
  type Verdict,
} from '../../../simulations/reproduce/verdict.ts';
import { geometricMean } from '../../../simulations/reproduce/statistics.ts';

type Settings = FinishedCell['settings'];
type Values = Readonly<Record<string, number | null>>;

function finished(settings: Settings, values: Values, curve: readonly number[] = []): FinishedCell {
  const points = curve.map((y, x) => ({ x, y }));
  return {
    id: JSON.stringify(settings),
    settings,
    outcome: { values, curve: points, digest: '', seconds: 1 },
  };
}

/** A reproduction's cells with outcomes that follow from their labels. */
function outcomes(
  name: string,
  size: GridSize,
  valuesOf: (settings: Settings) => Values,
  curveOf: (settings: Settings) => readonly number[] = () => [],
): FinishedCell[] {
  const cells = findReproduction(name).cells({ size, seeds: [1, 2] });
  return cells.map(({ settings }) => finished(settings, valuesOf(settings), curveOf(settings)));
}

function verdictsOf(name: string, cells: readonly FinishedCell[], size: GridSize = 'standard'): Verdict[] {
  return [...findReproduction(name).summarise(cells, { size, seeds: [1, 2] }).verdicts];
}

function answerOf(verdicts: readonly Verdict[], claim: RegExp): Answer {
  const found = verdicts.filter((verdict) => claim.test(verdict.claim));
  assert.equal(found.length, 1, `one claim is like ${String(claim)}`);
  return found[0]?.answer ?? 'not run';
}

describe('summaries', () => {
  it('tabulate mean and standard error, and the worst column', () => {
    const cells = [
      finished({ rule: 'a', attack: 'x', seed: 1 }, { accuracy: 0.8 }),
      finished({ rule: 'a', attack: 'x', seed: 2 }, { accuracy: 0.9 }),
      finished({ rule: 'a', attack: 'y', seed: 1 }, { accuracy: 0.5 }),
      finished({ rule: 'b', attack: 'x', seed: 1 }, { accuracy: 0.7 }),
    ];
    const { columns, rows, note } = accuracyTable('t', cells, ['rule'], 'attack');
    assert.match(note ?? '', /mean ± standard error over 1 to 2 seeds \(without ±: one\)\.$/);
    const single = accuracyTable('t', cells.slice(2), ['rule'], 'attack');
    assert.match(single.note ?? '', /last round, one seed\.$/);
    const twice = accuracyTable('t', cells.slice(0, 2), ['rule'], 'attack');
    assert.match(twice.note ?? '', /over 2 seeds\.$/);
    assert.deepEqual(columns, ['rule', 'x', 'y', 'worst']);
    assert.deepEqual(
      rows,
      [
        ['a', '85.0 ± 5.0', '50.0', '50.0'],
        ['b', '70.0', '', '70.0'],
      ],
      'the error of 0.8 and 0.9 is 0.0707 / sqrt 2; one value has none, no value is an empty field',
    );
    const map = worstCaseMap('m', cells, 'seed', 'rule');
    assert.ok(map.kind === 'heat-map');
    assert.deepEqual(
      map.cells.map(({ x, y, value }) => [x, y, value]),
      [
        ['1', 'a', 0.5],
        ['2', 'a', 0.9],
        ['1', 'b', 0.7],
      ],
      'the worst over attacks',
    );
  });

  it('know what is there, combine axes, and take means of decades', () => {
    const cells = [finished({ f: 3 }, {}), finished({ f: 8 }, {})];
    assert.deepEqual(presentOf(cells, 'f', [8, 4, 3]), [8, 3], 'in the order asked for');
    assert.deepEqual(
      combinations({ a: [1, 2], b: ['x', 'y'] }).map(({ a, b }) => `${a}${b}`),
      ['1x', '1y', '2x', '2y'],
    );
    assert.ok(Math.abs(geometricMean([1e-12, 1e-8]) / 1e-10 - 1) < 1e-12, 'the mean of the exponents');
  });

  it('of a single run do not fail', () => {
    for (const reproduction of reproductions) {
      const request = { size: 'standard', seeds: [1] } as const;
      const cells = reproduction.cells(request);
      for (const { settings } of cells.filter((_, i) => i % 7 === 0)) {
        const cell = finished(settings, {
          accuracy: 0.5,
          aggregateMs: 1,
          contributionBytes: 9,
          finalGap: 1,
          fStar: 0,
        });
        assert.doesNotThrow(() => reproduction.summarise([cell], request), `${reproduction.name} ${cell.id}`);
      }
    }
  });

  it('write Markdown', () => {
    const text = markdown({
      title: 'T',
      about: 'a',
      command: 'c',
      remarks: ['smaller'],
      cells: [],
      summary: {
        tables: [
          {
            title: 't',
            columns: ['k', 'v'],
            rows: [
              ['1', '2'],
              ['|x|', '3'],
            ],
            note: 'n',
          },
        ],
        figures: [],
        verdicts: [
          verdictOf(
            {
              claim: 'C.',
              source: 'Figure 1',
              answer: 'in part',
              seen: 'S.',
              setting: 'a net',
              rows: 'f = 1',
            },
            ['Small.'],
          ),
        ],
        json: {},
      },
    });
    assert.equal(
      text,
      "## T\n\na\n\n`c`\n\nsmaller\n\n- **not tested at the paper's size (Figure 1)**: C. Here: in part. S. Setting: a net. Differs: Small. Rows: [results.csv](results.csv), f = 1.\n\n### t\n\n| k | v |\n|---|---|\n| 1 | 2 |\n| \\|x\\| | 3 |\n\nn\n",
      'a bar in a field ends no column',
    );
  });
});

describe('a verdict', () => {
  const finding: Finding = {
    claim: 'C.',
    source: 'Figure 1',
    answer: 'yes',
    seen: 'S.',
    setting: 'a net',
    rows: 'all',
  };
  it('is passed on a claim of the paper at its size only', () => {
    const cases: [Finding, readonly string[], Verdict['word']][] = [
      [finding, [], 'holds'],
      [{ ...finding, answer: 'in part' }, [], 'does not hold'],
      [{ ...finding, answer: 'no' }, [], 'does not hold'],
      [{ ...finding, answer: 'not run' }, [], "not tested at the paper's size"],
      [finding, ['Smaller.'], "not tested at the paper's size"],
      [{ ...finding, differs: 'Another ball.' }, [], "not tested at the paper's size"],
      [{ ...finding, source: null }, [], 'not a claim of the paper'],
      [{ ...finding, source: null }, ['Smaller.'], 'not a claim of the paper'],
    ];
    for (const [one, reductions, word] of cases) assert.equal(verdictOf(one, reductions).word, word);
  });

  it('names, in every line of every reproduction, setting and rows', () => {
    for (const reproduction of reproductions) {
      const cells = outcomes(reproduction.name, 'standard', () => ({ accuracy: 0.5, aggregateMs: 1 }));
      for (const { setting, rows, claim } of verdictsOf(reproduction.name, cells)) {
        assert.ok(setting.length > 0 && rows.length > 0, `${reproduction.name}: ${claim}`);
      }
    }
  });
});

describe('claims of vr-marina-pp-a9a', () => {
  /** f - f* in the middle and at the end of a curve, by gamma and lambda. */
  const claims = (
    gapsOf: (
      gamma: number,
      clip: number | null,
      minibatches?: number,
    ) => readonly [half: number, end: number],
  ) =>
    verdictsOf(
      'vr-marina-pp-a9a',
      outcomes('vr-marina-pp-a9a', 'standard', ({ gamma, clip, cohort, minibatches }) => {
        if (cohort !== 4) return { fStar: 0.5, finalGap: 1e-13, halfGap: 1e-6, twoEpochsGap: 0.01 };
        const [half, end] = gapsOf(Number(gamma), clip as number | null, minibatches as number | undefined);
        return { fStar: 0.5, finalGap: end, halfGap: half, twoEpochsGap: 0.1 };
      }),
    );
  it('follow the gaps', () => {
    const good = claims((_, clip) => (clip === null ? [0.2, 0.2] : [1e-6, 1e-12]));
    assert.equal(answerOf(good, /converges linearly/), 'yes');
    assert.equal(answerOf(good, /stays linear/), 'yes');
    assert.equal(
      answerOf(good, /Partial participation/),
      'yes',
      '1e-12 at the end against 0.01 after as many gradients',
    );
    const bad = claims((_, clip) => (clip === null ? [1e-3, 1e-4] : [0.1, 0.1]));
    assert.equal(answerOf(bad, /converges linearly/), 'no');
    assert.equal(answerOf(bad, /stays linear/), 'no', 'a gap that stands still');
    assert.equal(answerOf(bad, /Partial participation/), 'no');
  });

  it('see whether the neighbourhood without full gradients shrinks with the size of the minibatches', () => {
    const claim = /Without full gradients/;
    const of = (end: (minibatches: number) => number) =>
      answerOf(
        claims((_, clip, minibatches) =>
          minibatches === undefined ? [1e-6, clip === null ? 0.2 : 1e-12] : [1e-5, end(minibatches)],
        ),
        claim,
      );
    assert.equal(
      of((minibatches) => 1e-4 / minibatches),
      'yes',
    );
    assert.equal(
      of(() => 1e-4),
      'no',
      'more examples change nothing',
    );
  });

  it('say which reading of the clip level falls for every factor of the figure', () => {
    // lambda 100 stands still, so that clip_mult 10 does at gamma 0.1, and every lambda of the text falls
    const mixed = claims((gamma, clip) =>
      gamma === 0.1 && clip !== null && clip <= 10 ? [1e-2, 1e-4] : [0.1, 0.1],
    );
    const seen = mixed.find(({ claim }) => /stays linear/.test(claim))?.seen ?? '';
    assert.match(seen, /all three factors: lambda \|\|x\^\{k\+1\} - x\^k\|\| at gamma 0\.1\./);
    assert.match(seen, /do not: .*clip_mult \|\|g\^k\|\| at gamma 0\.1;/);
  });

  it('measure a fall by what the step size allows, not by a factor that small steps never reach', () => {
    const slow = claims((gamma, clip) => {
      if (gamma !== 0.001 || clip === null) return [0.1, 0.1];
      return clip <= 10 ? [0.1, 0.066] : [0.1, 0.0999];
    });
    const seen = slow.find(({ claim }) => /stays linear/.test(claim))?.seen ?? '';
    assert.match(seen, /all three factors: lambda \|\|x\^\{k\+1\} - x\^k\|\| at gamma 0\.001\./);
    assert.match(
      seen,
      /do not: .*clip_mult \|\|g\^k\|\| at gamma 0\.001/,
      'a hundredth of that pace stands still',
    );
  });
});

describe('claims of vr-marina-pp-mnist', () => {
  it('look at the second half of the run, not at its end', () => {
    const claims = (bare: readonly number[], ends: number) =>
      verdictsOf(
        'vr-marina-pp-mnist',
        outcomes(
          'vr-marina-pp-mnist',
          'standard',
          ({ clip }) => ({ accuracy: clip === 'none' ? ends : 0.9 }),
          ({ clip, attack }) => (clip === 'none' && attack === 'shift-back' ? bare : [0.1, 0.5, 0.9, 0.9]),
        ),
      );
    const thrownBack = claims([0.9, 0.9, 0.1, 0.9], 0.9);
    assert.equal(
      answerOf(thrownBack, /nothing survives shift-back.*strides, median, rate 0\.01\)/),
      'yes',
      'it fell in between',
    );
    assert.equal(answerOf(thrownBack, /costs nothing.*strides, median, rate 0\.01\)/), 'yes');
    const unharmed = claims([0.1, 0.1, 0.9, 0.9], 0.95);
    assert.equal(
      answerOf(unharmed, /nothing survives shift-back.*strides, median, rate 0\.01\)/),
      'no',
      'the beginning does not count',
    );
    assert.equal(
      answerOf(unharmed, /costs nothing.*strides, median, rate 0\.01\)/),
      'in part',
      'five points behind',
    );
  });

  it('say what it changes that all workers advance their momentum', () => {
    const changed = (all: number) =>
      verdictsOf(
        'vr-marina-pp-mnist',
        outcomes(
          'vr-marina-pp-mnist',
          'standard',
          () => ({ accuracy: 0.9 }),
          ({ clip, momentum }) => (clip === 'none' ? [0, 0] : momentum === 'all' ? [all, all] : [0.9, 0.9]),
        ),
      );
    const claim = /advance their momentum/;
    assert.deepEqual([answerOf(changed(0.88), claim), answerOf(changed(0.5), claim)], ['no', 'yes']);
    const { seen, word } = changed(0.88).find((verdict) => claim.test(verdict.claim)) ?? {};
    assert.match(seen ?? '', /without clipping 0\.0 and 0\.0 %; clip_mult 1 90\.0 and 88\.0 % \(seed 1\)/);
    assert.equal(word, 'not a claim of the paper');
  });
});

describe('claims of ctma-mnist', () => {
  const claims = (accuracyOf: (settings: Settings) => number, times: Readonly<Record<string, number>> = {}) =>
    verdictsOf(
      'ctma-mnist',
      outcomes('ctma-mnist', 'standard', (settings) => ({
        accuracy: accuracyOf(settings),
        aggregateMs: times[String(settings['meta'])] ?? 1,
      })),
    );
  it('compare meta-aggregators', () => {
    const better = claims(({ meta }) => (meta === 'CTMA' ? 0.85 : meta === 'bucketing' ? 0.7 : 0.8), {
      NNM: 2,
    });
    assert.equal(answerOf(better, /lifts median and RFA at f = 8/), 'yes');
    assert.equal(answerOf(better, /NNM's quality .* f = 8/), 'yes', 'better');
    assert.equal(answerOf(better, /steadier than bucketing/), 'yes');
    const harmful = claims(({ meta, f, attack }) =>
      meta !== 'CTMA' ? 0.8 : f === 8 && attack === 'ALIE' ? 0.7 : 0.85,
    );
    assert.equal(
      answerOf(harmful, /lifts median and RFA at f = 8/),
      'in part',
      'a loss of ten points in one setting',
    );
    assert.equal(
      answerOf(harmful, /lifts median and RFA at f = 4/),
      'yes',
      'the other f are judged by themselves',
    );
    assert.match(
      harmful.find(({ claim }) => /lifts .* f = 8/.test(claim))?.seen ?? '',
      /least for median under ALIE \(-10\.0\)/,
      'is named',
    );
    const one = claims(({ meta, base }) => (meta === 'CTMA' && base === 'RFA' ? 0.85 : 0.8));
    assert.equal(
      answerOf(one, /lifts median and RFA at f = 8/),
      'yes',
      'RFA by five points, the median by none',
    );
    assert.equal(answerOf(one, /NNM's quality .* f = 8/), 'yes', 'level');
    const worse = claims(({ meta }) => (meta === 'CTMA' ? 0.7 : 0.8));
    assert.equal(answerOf(worse, /lifts median and RFA at f = 3/), 'no');
    assert.equal(answerOf(worse, /NNM's quality .* f = 3/), 'no', 'ten points behind');
    assert.equal(answerOf(worse, /steadier than bucketing/), 'no');
  });

  it('compare ranges over learning rates', () => {
    const flat = claims(({ estimator, rate }) =>
      String(estimator).startsWith('mu') ? 0.85 : Number(rate) >= 1 ? 0.1 : 0.9,
    );
    assert.equal(answerOf(flat, /less sensitive/), 'yes');
    assert.equal(answerOf(flat, /stays flat/), 'yes');
    assert.equal(answerOf(flat, /collapse at the large/), 'yes');
    const convex = claims(({ estimator, rate, model }) =>
      model === 'softmax' && String(estimator).startsWith('mu') ? 0.85 : Number(rate) >= 1 ? 0.1 : 0.9,
    );
    assert.equal(answerOf(convex, /less sensitive/), 'in part', 'on softmax regression only');
    assert.equal(answerOf(convex, /stays flat/), 'in part');
    const same = claims(() => 0.8);
    assert.equal(answerOf(same, /less sensitive/), 'no', 'a tie is no win');
    assert.equal(answerOf(same, /collapse at the large/), 'no');
  });
});

describe('claims of the Flag experiments', () => {
  const claims = (name: string, accuracyOf: (settings: Settings) => number) =>
    verdictsOf(
      name,
      outcomes(name, 'standard', (settings) => ({ accuracy: accuracyOf(settings) })),
    );
  it('compare rules at one rate, and at the best of several', () => {
    const rateMatters = claims('flag-mnist', ({ part, rule, rate }) => {
      if (part === 'rates') return String(rule).startsWith('Flag') && rate === 0.05 ? 0.95 : 0.8;
      return rule === 'Multi-Krum' ? 0.9 : 0.8;
    });
    assert.equal(answerOf(rateMatters, /final accuracy of all rules under random/), 'no', 'Multi-Krum leads');
    assert.equal(
      answerOf(rateMatters, /under random where each rule has the best/),
      'yes',
      'at a rate of its own',
    );
    assert.equal(answerOf(rateMatters, /more than its unit normalisation/), 'yes');
    const line = rateMatters.find(({ claim }) => /under random where/.test(claim))?.seen ?? '';
    assert.match(line, /Flag 0 95\.0 % at 0\.05/, 'the rate is named');
    const mean = claims('flag-mnist', ({ rule }) => (rule === 'mean' ? 0.95 : 0.8));
    assert.equal(
      answerOf(mean, /final accuracy of all rules under random/),
      'in part',
      'the mean is no rival; a tie',
    );
    assert.equal(answerOf(mean, /more than its unit normalisation/), 'no');
  });

  it("compare the order of Figure 6a at the paper's own rate", () => {
    const order = (flag: number, krum: number, median: number) =>
      answerOf(
        claims('flag-mnist', ({ part, rate, rule }) => {
          if (part !== 'rates' || rate !== 0.2) return 0.1;
          return rule === 'Flag 0' ? flag : rule === 'Multi-Krum' ? krum : median;
        }),
        /Under packet loss Flag is ahead/,
      );
    assert.deepEqual([order(0.9, 0.8, 0.7), order(0.9, 0.7, 0.8), order(0.8, 0.8, 0.7)], ['yes', 'no', 'no']);
  });

  it('look at the trimmed mean at the least f', () => {
    const collapses = claims('flag-cifar10', ({ rule, attack, f }) =>
      rule === 'trimmed mean' && attack === 'random' && f === 1 ? 0.1 : 0.4,
    );
    assert.equal(answerOf(collapses, /Trimmed mean collapses .* f = 1/), 'yes');
    assert.equal(
      answerOf(
        claims('flag-cifar10', () => 0.4),
        /Trimmed mean collapses/,
      ),
      'no',
    );
    assert.ok(!collapses.some(({ claim }) => /each rule has the best/.test(claim)), 'one rate only');
  });
});

describe('claims of a part of the grid', () => {
  const partOf = (name: string, wanted: (settings: Settings) => boolean) =>
    verdictsOf(
      name,
      outcomes(name, 'standard', () => ({
        accuracy: 0.5,
        contributionBytes: 100,
        leastLate: 0.4,
        finalGap: 1e-3,
        halfGap: 1e-3,
      })).filter(({ settings }) => wanted(settings)),
    );
  it('hold no number that was not measured', () => {
    const parts = [
      partOf('flag-mnist', ({ part, rate }) => part === 'rates' && rate === 0.2),
      partOf(
        'vr-marina-pp-mnist',
        ({ split, clip, attack }) =>
          split === 'strides' && (clip === 'none' || (clip === 1 && attack === 'shift-back')),
      ),
    ];
    parts.push(
      partOf(
        'ctma-mnist',
        ({ f, base, meta }) => f === 8 && base === 'RFA' && ['none', 'NNM', 'CTMA'].includes(String(meta)),
      ),
      partOf('ctma-mnist', ({ part, model }) => part === 'rates' && model === 'softmax'),
      partOf('flag-cifar10', ({ attack }) => attack === 'random'),
      partOf('ctma-base', ({ part, batch }) => part === 'cnn' || batch === 4),
      partOf('ctma-base', ({ batch, attack }) => batch === 64 || (batch === 16 && attack === 'IPM 0.1')),
      partOf('compression', ({ format }) => format === 'float32' || format === 'natural'),
      partOf('flag-width', ({ d, rule }) => d !== '1e6' || rule === 'Flag 0'),
      partOf(
        'flag-figures',
        ({ figure, rule }) => figure === 'Figure 5' && ['Flag 0', 'Multi-Krum'].includes(String(rule)),
      ),
      partOf('vr-marina-pp-cifar10', ({ attack }) => attack === 'shift-back'),
    );
    for (const verdict of parts.flat()) {
      assert.doesNotMatch(`${verdict.claim} ${verdict.seen}`, /NaN|Infinity/, verdict.claim);
    }
  });

  it('say of a claim of which no cell was run that it was not', () => {
    const some = partOf('ctma-mnist', ({ f, base, part }) => part === 'meta' && f === 8 && base === 'RFA');
    assert.equal(answerOf(some, /lifts median and RFA at f = 3/), 'not run');
    assert.equal(answerOf(some, /NNM's quality .* f = 4/), 'not run');
    assert.equal(answerOf(some, /steadier than bucketing/), 'not run');
    assert.equal(answerOf(some, /less sensitive/), 'not run');
    assert.equal(answerOf(some, /stays flat/), 'not run');
    assert.equal(answerOf(some, /collapse at the large/), 'not run');
    const momentum = partOf(
      'ctma-mnist',
      ({ estimator, part }) => part === 'rates' && estimator === 'momentum',
    );
    assert.equal(answerOf(momentum, /less sensitive/), 'not run', 'nothing to compare');
    const random = partOf('flag-cifar10', ({ attack }) => attack === 'random');
    assert.equal(answerOf(random, /Trimmed mean collapses/), 'not run', 'no run without an attack');
    assert.equal(answerOf(random, /under 10 % loss/), 'not run', 'Figure 6a stays on the page');
    const figures = partOf('flag-figures', ({ figure }) => figure === 'Figure 5');
    const left = figures.filter(({ answer }) => answer === 'not run').map(({ source }) => source);
    assert.deepEqual(left, ['Figure 6b-d', 'Figure 7', 'Figure 8']);
  });

  it('say no of the figure over step sizes only where every step size was run', () => {
    const some = partOf('vr-marina-pp-a9a', ({ gamma }) => gamma === 0.1);
    assert.equal(answerOf(some, /stays linear/), 'not run');
    const all = partOf('vr-marina-pp-a9a', () => true);
    assert.equal(answerOf(all, /stays linear/), 'no');
  });
});

describe("claims of Flag's further figures", () => {
  const claims = (accuracyOf: (settings: Settings) => number) =>
    verdictsOf(
      'flag-figures',
      outcomes('flag-figures', 'standard', (settings) => ({ accuracy: accuracyOf(settings) })),
    );
  it('are judged for each batch size, crowd and attack by the best rival, which the normalised mean is not', () => {
    const verdicts = claims(({ rule, batch }) => {
      if (rule === 'normalised mean') return 0.9;
      if (String(rule).startsWith('Flag')) return batch === 192 ? 0.6 : 0.5;
      return rule === 'Bulyan' ? 0.55 : 0.4;
    });
    const answers = [64, 128, 192].map((batch) => answerOf(verdicts, new RegExp(`batch = ${batch}`)));
    assert.deepEqual(answers, ['no', 'no', 'yes']);
    assert.equal(answerOf(verdicts, /p = 11/), 'no');
    assert.equal(answerOf(verdicts, /attack = augmented/), 'no');
    assert.ok(
      verdicts.every(({ word }) => word === "not tested at the paper's size"),
      'a small network settles nothing',
    );
    assert.match(
      verdicts[0]?.seen ?? '',
      /Flag 50\.0 %, the best other \(Bulyan\) 55\.0 %, the normalised mean 90\.0 %/,
    );
  });

  it('take the best lambda against Multi-Krum and Bulyan', () => {
    const of = (best: number) =>
      answerOf(
        claims(({ rule }) => (rule === 'Flag 32' ? best : 0.5)),
        /range of lambda/,
      );
    assert.deepEqual([of(0.6), of(0.5)], ['yes', 'in part']);
    assert.equal(
      answerOf(
        claims(({ rule }) => (rule === 'Bulyan' ? 0.6 : 0.5)),
        /range of lambda/,
      ),
      'no',
    );
  });
});

describe('claims of ctma-base', () => {
  const claims = (accuracyOf: (settings: Settings) => number) =>
    verdictsOf(
      'ctma-base',
      outcomes('ctma-base', 'standard', (settings) => ({ accuracy: accuracyOf(settings) })),
    );
  it('ask of each network whether the base decides', () => {
    const decides = claims(({ pipeline }) => (String(pipeline).includes('3 steps from zero') ? 0.1 : 0.8));
    assert.deepEqual(
      decides.map(({ answer }) => answer),
      ['yes', 'yes', 'yes', 'yes'],
      'two attacks over batches, two on the CNN',
    );
    assert.ok(decides.every(({ word }) => word === 'not a claim of the paper'));
    const level = claims(() => 0.5);
    assert.ok(level.every(({ answer }) => answer === 'no'));
    const close = claims(({ pipeline }) => (String(pipeline).includes('3 steps from zero') ? 0.5 : 0.55));
    assert.ok(
      close.every(({ answer }) => answer === 'in part'),
      'five points',
    );
  });
});

describe('claims of flag-width', () => {
  const claims = (accuracyOf: (settings: Settings) => number, wanted: (settings: Settings) => boolean) =>
    verdictsOf(
      'flag-width',
      outcomes('flag-width', 'standard', (settings) => ({ accuracy: accuracyOf(settings) })).filter(
        ({ settings }) => wanted(settings),
      ),
    );
  const setupOf = ({ claim }: { readonly claim: string }) => /\((.*)\)\.$/.exec(claim)?.[1];
  const about = (all: ReturnType<typeof claims>, text: RegExp) => all.filter(({ claim }) => text.test(claim));
  const least = ({ d }: Settings) => d === '1e4' || d === '4e4';
  const closing = (settings: Settings) =>
    settings['rule'] === 'Multi-Krum' ? 0.6 : least(settings) ? 0.4 : 0.5;

  it('tell for each network, norm and rate who leads, and whether the gap closes from the least d to the greatest', () => {
    const all = claims(closing, () => true);
    const setups = [
      'ResNet-18, batch norm, rate 0.2',
      'LeNet, batch norm, rate 0.2',
      'LeNet, batch norm, rate 0.05',
      'LeNet, no norm, rate 0.2',
      'LeNet, no norm, rate 0.05',
    ];
    assert.deepEqual(about(all, /has the best accuracy/).map(setupOf), setups);
    assert.ok(about(all, /has the best accuracy/).every(({ answer }) => answer === 'no'));
    const gaps = about(all, /gains on Multi-Krum/);
    assert.deepEqual(gaps.map(setupOf), setups);
    assert.ok(gaps.every(({ answer, source }) => answer === 'yes' && source === null));
    assert.match(gaps[2]?.seen ?? '', /-20\.0 at d = 1e4, -10\.0 at d = 1e5, -10\.0 at d = 1e6/);
    const ahead = claims(
      ({ d, rule }) => (rule === 'Flag 0' && (d === '1e6' || d === '7e5') ? 0.7 : 0.5),
      () => true,
    );
    assert.ok(about(ahead, /has the best accuracy/).every(({ answer }) => answer === 'in part'));
    const same = claims(
      ({ rule }) => (rule === 'Multi-Krum' ? 0.6 : 0.4),
      () => true,
    );
    assert.ok(about(same, /gains on Multi-Krum/).every(({ answer }) => answer === 'no'));
    const opening = claims(
      (settings) => (settings['rule'] === 'Multi-Krum' && !least(settings) ? 0.6 : 0.4),
      () => true,
    );
    assert.ok(about(opening, /gains on Multi-Krum/).every(({ answer }) => answer === 'no'));
  });

  it('tell what the attack takes from Flag, of the seeds that have a run without it', () => {
    const harmed = claims(
      (settings) => {
        if (settings['attack'] === 'none') return 0.7;
        return settings['seed'] === 2 ? 0 : least(settings) ? 0.4 : 0.6;
      },
      ({ attack, seed }) => attack === 'random' || seed === 1,
    );
    const taken = about(harmed, /random vectors take from Flag/);
    assert.deepEqual(taken.map(setupOf), [
      'ResNet-18, batch norm, rate 0.2',
      'LeNet, batch norm, rate 0.05',
      'LeNet, no norm, rate 0.05',
    ]);
    assert.ok(taken.every(({ answer }) => answer === 'yes'));
    assert.match(
      taken[1]?.seen ?? '',
      /Flag 30\.0 at d = 1e4, 10\.0 at d = 1e5, 10\.0 at d = 1e6; Multi-Krum 30\.0/,
    );
  });

  it('hold what was run alone: one width has no trend, a width without Multi-Krum is no gap', () => {
    const one = claims(
      closing,
      ({ d, rate, network }) => d === '1e4' && rate === 0.05 && network === undefined,
    );
    assert.deepEqual(
      one.map(({ answer }) => answer),
      ['no', 'no'],
    );
    const part = claims(
      closing,
      ({ d, rate, rule, f, network }) =>
        network === undefined && rate === 0.05 && f === 3 && (d !== '1e6' || rule !== 'Multi-Krum'),
    );
    for (const { seen } of part) assert.doesNotMatch(seen, /NaN/);
    assert.doesNotMatch(about(part, /gains on Multi-Krum/)[0]?.seen ?? 'at d = 1e6', /at d = 1e6/);
    const flagAlone = claims(closing, ({ rule }) => rule === 'Flag 0');
    assert.ok(flagAlone.every(({ answer }) => answer === 'not run'));
  });
});

describe('claims of vr-marina-pp-cifar10', () => {
  it('are those of Figure 4, at the size that was run', () => {
    const verdicts = verdictsOf(
      'vr-marina-pp-cifar10',
      outcomes(
        'vr-marina-pp-cifar10',
        'standard',
        ({ clip }) => ({ accuracy: clip === 'none' ? 0.1 : 0.4 }),
        ({ clip }) => (clip === 'none' ? [0.1, 0.1] : [0.2, 0.4]),
      ),
    );
    assert.equal(answerOf(verdicts, /nothing survives shift-back.*rate 0\.01\)/), 'yes');
    assert.deepEqual(
      [...new Set(verdicts.map(({ source, word }) => `${source}: ${word}`))],
      ["Figure 4: not tested at the paper's size"],
    );
    assert.match(verdicts[0]?.setting ?? '', /batches of 16/);
  });
});

describe('claims of compression', () => {
  it('name the smallest format that keeps up, and those that do not', () => {
    const bytes = (format: unknown) =>
      format === 'float32' ? 1000 : String(format).startsWith('TopK 1 %') ? 10 : 100;
    const cells = outcomes('compression', 'standard', ({ format, attack }) => ({
      accuracy: format === 'TopK 1 % + int8, EF14' && attack === 'ALIE' ? 0.5 : 0.9,
      contributionBytes: bytes(format),
    }));
    const verdicts = verdictsOf('compression', cells);
    assert.equal(answerOf(verdicts, /bears compression/), 'yes');
    assert.match(verdicts[0]?.seen ?? '', /^TopK 1 %, EF14: 100\.0 times smaller, worst case 90\.0 %/);
    assert.equal(answerOf(verdicts, /Every format/), 'no');
    assert.match(verdicts[1]?.seen ?? '', /TopK 1 % \+ int8, EF14 \(50\.0 %\)/, 'the worst attack decides');
  });
});

describe('claims of which-rule', () => {
  it('are of rules that ran under every attack: a worst case over few is no match', () => {
    const cells = outcomes('which-rule', 'standard', ({ rule, attack }) => ({
      accuracy: rule === 'flag' ? 0.99 : rule === 'nnm + median' ? 0.8 : attack === 'FoE search' ? 0.5 : 0.7,
    })).filter(({ settings: { rule, attack, setting } }) => {
      const known = rule === 'flag' ? attack === 'IPM 0.1' : rule === 'nnm + median' || rule === 'median';
      return known && setting === 'MLP 32, equal shards';
    });
    const { verdicts, tables } = findReproduction('which-rule').summarise(cells, {
      size: 'standard',
      seeds: [1, 2],
    });
    assert.match(verdicts[0]?.seen ?? '', /f = 2: nnm \+ median, 80\.0 %; f = 3: nnm \+ median, 80\.0 %/);
    assert.deepEqual(
      tables[0]?.rows.map(([rule]) => rule),
      ['nnm + median', 'median', 'flag'],
    );
    assert.ok(tables[0]?.rows[2]?.includes('99.0 *'));
    assert.match(tables[0]?.note ?? '', /\* Over fewer attacks than others/);
  });
});
