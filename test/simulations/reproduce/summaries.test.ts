/** What reports say of given outcomes: tables, standard errors, claims. The outcomes are made up; the words must follow. */
import assert from 'node:assert/strict';
import { accuracyTable, presentOf, worstCaseMap } from '../../../simulations/reproduce/accuracy-grid.ts';
import { combinations } from '../../../simulations/reproduce/accuracy-study.ts';
import { findReproduction, reproductions } from '../../../simulations/reproduce/catalogue.ts';
import { markdown } from '../../../simulations/reproduce/report.ts';
import type { FinishedCell, GridSize, Verdict } from '../../../simulations/reproduce/reproduction.ts';
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

function heldOf(verdicts: readonly Verdict[], claim: RegExp): Verdict['held'] {
  const found = verdicts.filter((verdict) => claim.test(verdict.claim));
  assert.equal(found.length, 1, `one claim is like ${String(claim)}`);
  return found[0]?.held ?? 'not tested';
}

describe('summaries', () => {
  it('tabulate mean and standard error, and the worst column', () => {
    const cells = [
      finished({ rule: 'a', attack: 'x', seed: 1 }, { accuracy: 0.8 }),
      finished({ rule: 'a', attack: 'x', seed: 2 }, { accuracy: 0.9 }),
      finished({ rule: 'a', attack: 'y', seed: 1 }, { accuracy: 0.5 }),
      finished({ rule: 'b', attack: 'x', seed: 1 }, { accuracy: 0.7 }),
    ];
    const { columns, rows } = accuracyTable('t', cells, ['rule'], 'attack');
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
        tables: [{ title: 't', columns: ['k', 'v'], rows: [['1', '2']], note: 'n' }],
        figures: [],
        verdicts: [{ claim: 'C.', held: 'in part', seen: 'S.' }],
        json: {},
      },
    });
    assert.equal(
      text,
      '## T\n\na\n\n`c`\n\nsmaller\n\n- **in part**: C. S.\n\n### t\n\n| k | v |\n|---|---|\n| 1 | 2 |\n\nn\n',
    );
  });
});

describe('claims of vr-marina-pp-a9a', () => {
  const gaps = (values: Readonly<Record<string, number | null>>) =>
    outcomes('vr-marina-pp-a9a', 'standard', ({ clip, gamma, cohort }) => ({
      fStar: 0.5,
      finalGap: gamma === 0.1 && cohort === 4 ? (values[String(clip)] ?? null) : 1e-3,
    }));
  it('follow the gaps', () => {
    const good = verdictsOf('vr-marina-pp-a9a', gaps({ 0.1: 1e-12, 0.52: 1e-9, 1: 1e-6, 10: 0.1 }));
    assert.equal(heldOf(good, /converges linearly/), 'yes', 'all levels below 1e-5');
    assert.equal(heldOf(good, /nothing survives/), 'yes', 'no number is an explosion');
    assert.equal(heldOf(good, /Too wide/), 'yes');
    const bad = verdictsOf(
      'vr-marina-pp-a9a',
      gaps({ 0.1: 1e-12, 0.52: 1e-4, 1: 1e-6, 10: 1e-3, null: 1e-3 }),
    );
    assert.equal(heldOf(bad, /converges linearly/), 'no', 'one level does not converge');
    assert.equal(heldOf(bad, /nothing survives/), 'no');
    assert.equal(heldOf(bad, /Too wide/), 'no');
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
    assert.equal(heldOf(thrownBack, /nothing survives shift-back/), 'yes', 'it fell in between');
    assert.equal(heldOf(thrownBack, /costs nothing/), 'yes');
    const unharmed = claims([0.1, 0.1, 0.9, 0.9], 0.95);
    assert.equal(heldOf(unharmed, /nothing survives shift-back/), 'no', 'the beginning does not count');
    assert.equal(heldOf(unharmed, /costs nothing/), 'in part', 'five points behind');
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
    assert.equal(heldOf(better, /lifts median and RFA/), 'yes');
    assert.equal(heldOf(better, /NNM's quality/), 'yes', 'better, and half the time');
    assert.equal(heldOf(better, /steadier than bucketing/), 'yes');
    const harmful = claims(({ meta, f, attack }) =>
      meta !== 'CTMA' ? 0.8 : f === 8 && attack === 'ALIE' ? 0.7 : 0.85,
    );
    assert.equal(heldOf(harmful, /lifts median and RFA/), 'in part', 'a loss of ten points in one setting');
    assert.match(
      harmful[0]?.seen ?? '',
      /least gain is that of median at f = 8 under ALIE: -10\.0/,
      'is named',
    );
    const one = claims(({ meta, base }) => (meta === 'CTMA' && base === 'RFA' ? 0.85 : 0.8));
    assert.equal(heldOf(one, /lifts median and RFA/), 'in part', 'RFA only');
    assert.equal(heldOf(one, /NNM's quality/), 'in part', 'at the same cost');
    const worse = claims(({ meta }) => (meta === 'CTMA' ? 0.7 : 0.8));
    assert.equal(heldOf(worse, /lifts median and RFA/), 'no');
    assert.equal(heldOf(worse, /NNM's quality/), 'no', 'ten points behind');
    assert.equal(heldOf(worse, /steadier than bucketing/), 'no');
  });

  it('compare ranges over learning rates', () => {
    const flat = claims(({ estimator, rate }) =>
      String(estimator).startsWith('mu') ? 0.85 : Number(rate) >= 1 ? 0.1 : 0.9,
    );
    assert.equal(heldOf(flat, /less sensitive/), 'yes');
    assert.equal(heldOf(flat, /stays flat/), 'yes');
    assert.equal(heldOf(flat, /collapse at the large/), 'yes');
    const convex = claims(({ estimator, rate, model }) =>
      model === 'softmax' && String(estimator).startsWith('mu') ? 0.85 : Number(rate) >= 1 ? 0.1 : 0.9,
    );
    assert.equal(heldOf(convex, /less sensitive/), 'in part', 'on softmax regression only');
    assert.equal(heldOf(convex, /stays flat/), 'in part');
    const same = claims(() => 0.8);
    assert.equal(heldOf(same, /less sensitive/), 'no', 'a tie is no win');
    assert.equal(heldOf(same, /collapse at the large/), 'no');
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
    assert.equal(heldOf(rateMatters, /final accuracy of all rules under random/), 'no', 'Multi-Krum leads');
    assert.equal(
      heldOf(rateMatters, /under random where each rule has the best/),
      'yes',
      'at a rate of its own',
    );
    assert.equal(heldOf(rateMatters, /more than its unit normalisation/), 'yes');
    const line = rateMatters.find(({ claim }) => /under random where/.test(claim))?.seen ?? '';
    assert.match(line, /Flag 0 95\.0 % at 0\.05/, 'the rate is named');
    const mean = claims('flag-mnist', ({ rule }) => (rule === 'mean' ? 0.95 : 0.8));
    assert.equal(
      heldOf(mean, /final accuracy of all rules under random/),
      'in part',
      'the mean is no rival; a tie',
    );
    assert.equal(heldOf(mean, /more than its unit normalisation/), 'no');
  });

  it('look at the trimmed mean at the least f', () => {
    const collapses = claims('flag-cifar10', ({ rule, attack, f }) =>
      rule === 'trimmed mean' && attack === 'random' && f === 1 ? 0.1 : 0.4,
    );
    assert.equal(heldOf(collapses, /Trimmed mean collapses .* f = 1/), 'yes');
    assert.equal(
      heldOf(
        claims('flag-cifar10', () => 0.4),
        /Trimmed mean collapses/,
      ),
      'no',
    );
    assert.equal(
      heldOf(collapses, /under random where each rule has the best/),
      'not tested',
      'one rate only',
    );
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
    assert.equal(heldOf(verdicts, /bears compression/), 'yes');
    assert.match(verdicts[0]?.seen ?? '', /^TopK 1 %, EF14: 100\.0 times smaller, worst case 90\.0 %/);
    assert.equal(heldOf(verdicts, /Every format/), 'no');
    assert.match(verdicts[1]?.seen ?? '', /TopK 1 % \+ int8, EF14 \(50\.0 %\)/, 'the worst attack decides');
  });
});
