/** Hyper-parameters are chosen on the validation split, for the worst attack; the test split is only reported. */
import assert from 'node:assert/strict';
import { chooseValues, choiceTable } from '../../../simulations/reproduce/sweep-choice.ts';
import { parseSweep, sweepCells } from '../../../simulations/reproduce/sweep-cells.ts';
import { runSweep } from '../../../simulations/reproduce/sweep.ts';
import type { FinishedCell } from '../../../simulations/reproduce/reproduction.ts';
import type { LabSettings } from '../../../simulations/training/training-lab.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function cell(
  rule: string,
  optimizer: number,
  attack: string,
  values: { readonly validation: number; readonly test: number } | 'diverged',
): FinishedCell {
  const outcome =
    values === 'diverged'
      ? { accuracy: null, divergedIn: 3 }
      : { accuracy: values.test, validationAccuracy: values.validation };
  return {
    id: `${rule} ${optimizer} ${attack}`,
    settings: { rule, optimizer, attack, seed: 1 },
    outcome: { values: outcome, curve: [], digest: '', seconds: 0 },
  };
}

describe('choosing on the validation split', () => {
  const cells = [
    // best where nobody attacks, but not for its worst attack
    cell('median', 1, 'none', { validation: 0.99, test: 0.99 }),
    cell('median', 1, 'alie', { validation: 0.2, test: 0.9 }),
    cell('median', 0.1, 'none', { validation: 0.8, test: 0.7 }),
    cell('median', 0.1, 'alie', { validation: 0.6, test: 0.5 }),
    cell('mean', 1, 'none', { validation: 0.9, test: 0.8 }),
    cell('mean', 1, 'alie', 'diverged'),
    cell('mean', 0.1, 'none', { validation: 0.5, test: 0.4 }),
    cell('mean', 0.1, 'alie', { validation: 0.1, test: 0.3 }),
  ];
  const choices = chooseValues(cells, ['rule', 'optimizer'], ['optimizer']);

  it('takes the value with the best worst validation accuracy, whatever the test says', () => {
    assert.deepEqual(
      choices.map(({ labels, chosen, validation, test, under }) => [
        labels['rule'],
        chosen['optimizer'],
        validation,
        test,
        under,
      ]),
      [
        ['median', 0.1, 0.6, 0.5, 'alie'],
        ['mean', 0.1, 0.1, 0.3, 'alie'],
      ],
    );
  });

  it('says so in a table', () => {
    const { columns, rows } = choiceTable(choices, ['optimizer']);
    assert.deepEqual(columns, ['rule', 'optimizer', 'worst validation', 'worst test', 'under']);
    assert.deepEqual(rows[0], ['median', '0.1', '60.0', '50.0', 'alie']);
  });
});

const SWEEP = {
  workers: 5,
  experiment: {
    rounds: 2,
    batchSize: 4,
    model: { kind: 'mlp', hidden: [3] },
    data: { name: 'glyphs', train: 200, test: 40 },
  },
  grid: {
    optimizer: [0.1, 1],
    byzantine: [0, 1],
    'partition.share': [0, 1],
    'aggregation.f': [1, 2],
    'aggregation.rule': ['median'],
    attack: ['sign-flip', 'alie'],
  },
  choose: ['optimizer'],
};

describe('a sweep that chooses', () => {
  it('sets a tenth of the examples aside unless it says how much', () => {
    const shareOf = (file: object) =>
      (sweepCells(parseSweep(file)).cells[0]?.settings['lab'] as LabSettings).validation;
    const experiment = { ...SWEEP.experiment, partition: 'similarity' };
    assert.equal(shareOf({ ...SWEEP, experiment }), 0.1);
    assert.equal(shareOf({ ...SWEEP, experiment, validation: 0.25 }), 0.25);
    assert.equal(shareOf({ ...SWEEP, experiment, choose: [] }), undefined, 'nothing is chosen');
  });

  it('refuses what it cannot choose', () => {
    const cases: [object, RegExp][] = [
      [{ ...SWEEP, choose: ['attack'] }, /sweep\.choose must name paths of the grid, the attack left out/],
      [{ ...SWEEP, choose: ['estimator.beta'] }, /sweep\.choose must name paths of the grid/],
      [{ ...SWEEP, choose: [], validation: 0.1 }, /sweep\.validation must be left out where/],
      [{ ...SWEEP, validation: 1 }, /sweep\.validation must be/],
    ];
    for (const [file, message] of cases) assert.throws(() => parseSweep(file), message);
  });

  it('maps f over heterogeneity for each f that the rule is told, from the chosen runs', async function () {
    this.timeout(120_000);
    const out = mkdtempSync(join(tmpdir(), 'synod-choice-'));
    try {
      const { json } = await runSweep({
        spec: parseSweep({ ...SWEEP, experiment: { ...SWEEP.experiment, partition: 'similarity' } }),
        command: 'synod sweep grid.yaml',
        provideData: () => Promise.resolve(undefined),
        out,
        threads: 1,
        onProgress: () => {},
      });
      const { rows, chosen } = json as {
        rows: { validationAccuracy: number }[];
        chosen: {
          byzantine: number;
          'aggregation.f': number;
          'partition.share': number;
          optimizer: number;
        }[];
      };
      assert.equal(rows.length, 32);
      assert.ok(rows.every(({ validationAccuracy }) => validationAccuracy >= 0 && validationAccuracy <= 1));
      assert.equal(chosen.length, 8, 'a choice for each true f, told f and share');
      assert.ok(
        chosen.some((one) => one.byzantine === 0 && one['aggregation.f'] === 2),
        'told another f',
      );
      const html = readFileSync(join(out, 'report.html'), 'utf8');
      assert.equal(
        html.match(/Worst accuracy over attacks, percent: [12]</g)?.length,
        2,
        'a map for each told f',
      );
      assert.match(html, />partition\.share</, 'heterogeneity is an axis');
      assert.match(html, /Chosen on the validation split for the worst attack/);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});
