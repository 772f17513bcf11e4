/** The grid: stopped and run again, damaged, refused; and the words and files that come out of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSeeds } from '../../../nodes/cli/seeds.ts';
import { LAB, reproductions } from '../../../simulations/reproduce/catalogue.ts';
import { runGrid, type GridProgress } from '../../../simulations/reproduce/grid-runner.ts';
import { resultsCsv, writeReport } from '../../../simulations/reproduce/report.ts';
import type { FinishedCell } from '../../../simulations/reproduce/reproduction.ts';
import { estimateOf, percent } from '../../../simulations/reproduce/statistics.ts';
import { runSweep } from '../../../simulations/reproduce/sweep.ts';
import { checkLab, parseSweep, sweepCells } from '../../../simulations/reproduce/sweep-cells.ts';
import type { LabSettings } from '../../../simulations/training/training-lab.ts';
import { labelOf } from '../../../simulations/reproduce/sweep-labels.ts';
import { verdictOf } from '../../../simulations/reproduce/verdict.ts';
import { seedsText } from '../../../simulations/reproduce/reproduce.ts';
import { OperatorError } from '../../../src/foundation/operator-error.ts';

const SWEEP = {
  workers: 4,
  byzantine: 1,
  experiment: {
    rounds: 2,
    batchSize: 2,
    model: { kind: 'mlp', hidden: [3] },
    data: { name: 'glyphs', train: 60, test: 20 },
  },
  grid: { 'aggregation.rule': ['mean', 'median'], attack: ['none', 'sign-flip'] },
};

describe('grid', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-grid-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (threads = 2) => {
    const { cells } = sweepCells(parseSweep(SWEEP));
    const seen: GridProgress[] = [];
    const finished = await runGrid({
      reproduction: LAB,
      cells,
      dataDir: undefined,
      folder,
      threads,
      onProgress: (progress) => seen.push(progress),
    });
    return { finished, last: seen.at(-1)!, first: seen[0]! };
  };

  it('goes on where it was stopped, does damaged cells again, and gives the same outcomes on any number of threads', async function () {
    this.timeout(60_000);
    const once = await run(2);
    assert.deepEqual([once.last.finished, once.last.total, once.last.share], [4, 4, 1], 'all done');
    const files = readdirSync(folder).sort();
    assert.equal(files.length, 4, 'a file for each cell');
    rmSync(join(folder, files[0]!));
    writeFileSync(join(folder, files[1]!), '{"settings": "half a li');
    const stranger = JSON.parse(readFileSync(join(folder, files[2]!), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(folder, files[2]!), JSON.stringify({ ...stranger, settings: 'of another grid' }));
    const again = await run(1);
    assert.equal(again.first.resumed, 1, 'one was whole');
    const digests = (cells: readonly FinishedCell[]) => cells.map(({ outcome }) => outcome.digest);
    assert.deepEqual(digests(again.finished), digests(once.finished), 'the same states');
  });

  it('hands on what a cell fails with', async () => {
    const { cells } = sweepCells(parseSweep(SWEEP));
    const settings = { ...cells[0]!.settings, lab: { ...(cells[0]!.settings['lab'] as object), workers: 0 } };
    const options = { reproduction: LAB, dataDir: undefined, folder, threads: 1, onProgress: () => {} };
    await assert.rejects(runGrid({ ...options, cells: [{ id: 'broken', settings }] }), OperatorError);
  });

  it('writes a report that needs no other file', async () => {
    const outcome = {
      values: { accuracy: 0.5, loss: null },
      curve: [{ x: 1, y: 0.5 }],
      digest: 'd',
      seconds: 1,
    };
    const cells: FinishedCell[] = [
      { id: 'a', settings: { rule: 'x, "y"', seed: 1, lab: { deep: 1 } }, outcome },
    ];
    assert.equal(
      resultsCsv(cells),
      'cell,rule,seed,accuracy,loss,seconds,digest\na,"x, ""y""",1,0.5,,1.0,d\n',
      'quotes are doubled, nested settings left out',
    );
    const series = [
      {
        name: 'one',
        points: [
          { x: 0, y: 1 },
          { x: 1, y: 0.1 },
        ],
      },
    ];
    const files = await writeReport(folder, {
      title: 'T <b>',
      about: 'a',
      command: 'c',
      remarks: ['r'],
      cells,
      summary: {
        tables: [{ title: 't', columns: ['k', 'v'], rows: [['1', '2']] }],
        figures: [
          { kind: 'lines', title: 'l', x: 'x', y: 'y', logY: true, series },
          { kind: 'heat-map', title: 'h', x: 'x', y: 'y', cells: [{ x: '1', y: '2', value: 0.3 }] },
        ],
        verdicts: [
          verdictOf(
            { claim: 'c', source: 'Figure 1', answer: 'no', seen: 's', setting: '', rows: 'all' },
            [],
          ),
        ],
        json: {},
      },
    });
    const html = readFileSync(
      files.find((file) => file.endsWith('.html'))!,
      'utf8',
    );
    assert.equal(html.match(/<svg/g)?.length, 2, 'both figures are inside');
    assert.ok(
      !/(src|href)="(?!data:)/.test(html.replaceAll(/xlink:href|xmlns[^ ]*/g, '')),
      'nothing is loaded',
    );
    assert.ok(html.includes('T &lt;b&gt;'), 'text is escaped');
  });
});

describe('labels of a sweep', () => {
  it('are pipelines as people write them', () => {
    const exact = { name: 'geometric-median', iterations: 'converge' };
    const cases: [string, unknown, unknown][] = [
      ['aggregation', { pre: ['nnm'], rule: 'trimmed-mean' }, 'nnm + trimmed-mean'],
      ['aggregation', { rule: { name: 'ctma', base: 'geometric-median' } }, 'ctma over geometric-median'],
      [
        'aggregation',
        { pre: ['arc', { name: 'bucketing', s: 3 }], rule: { name: 'ctma', base: exact, trim: 0.25 }, f: 2 },
        'arc + bucketing (s 3) + ctma (trim 0.25) over geometric-median (iterations converge), f = 2',
      ],
      ['aggregation.rule', { name: 'median', ties: 'lower' }, 'median (ties lower)'],
      ['aggregation.pre', ['arc', { name: 'clip', c: 2 }], 'arc + clip (c 2)'],
      ['attack', { kind: 'ipm', epsilon: 0.1 }, 'ipm (epsilon 0.1)'],
      ['attack', null, 'none'],
      ['model', { kind: 'mlp', hidden: [8, 4] }, 'mlp (hidden 8 + 4)'],
    ];
    for (const [path, value, label] of cases) assert.equal(labelOf(path, value), label);
  });
});

describe('sweep', () => {
  it('makes every combination, and tells the rule the truth about f', () => {
    const { cells, refused } = sweepCells(parseSweep({ ...SWEEP, seeds: [1, 2] }));
    assert.deepEqual([cells.length, refused.length], [8, 0]);
    assert.equal(new Set(cells.map(({ id }) => id)).size, 8, 'ids differ');
    const lab = cells[0]!.settings['lab'] as { experiment: { aggregation: unknown }; attack: unknown };
    assert.deepEqual(lab.experiment.aggregation, { f: 1, rule: 'mean' });
    assert.equal(lab.attack, null, '"none" is no attack');
  });

  it('lets the momentum of workers that are not sampled stand still unless told otherwise', () => {
    const idleOf = (spec: object) =>
      sweepCells(parseSweep({ ...SWEEP, ...spec })).cells.map(
        ({ settings }) => (settings['lab'] as { idleAdvance?: boolean }).idleAdvance,
      );
    const grid = { momentum: ['sampled', 'all'] };
    assert.deepEqual(idleOf({ grid }), [undefined, true]);
    assert.deepEqual(idleOf({ grid: {}, momentum: 'all' }), [true]);
    assert.throws(
      () => idleOf({ grid: { momentum: ['none'] } }),
      /momentum must be one of sampled, all, got "none"/,
    );
    assert.throws(() => idleOf({ grid: {}, momentum: 'al' }), /momentum/);
  });

  it('leaves out what a bound refuses and says why; throws where nothing is left', () => {
    const grid = { 'aggregation.rule': ['mean', 'krum'] };
    const { cells, refused } = sweepCells(parseSweep({ ...SWEEP, grid }));
    assert.equal(cells.length, 1);
    assert.match(refused[0]!, /krum needs n >= 2 f \+ 3/);
    assert.throws(() => sweepCells(parseSweep({ ...SWEEP, grid: { 'aggregation.rule': ['krun'] } })), /krun/);
  });

  it('names what was misspelt, and folders that an experiment must not name', () => {
    assert.throws(
      () => sweepCells(parseSweep({ ...SWEEP, grid: { 'aggregation.rul': ['mean'] } })),
      /aggregation\.rul must be a part of a pipeline, got "mean" \(did you mean rule\?\)/,
    );
    const data = { name: 'csv', file: 'a.csv', dir: '/etc' };
    const experiment = { ...SWEEP.experiment, data };
    assert.throws(
      () => sweepCells(parseSweep({ ...SWEEP, experiment })),
      /data\.dir must be left out of an experiment: --data-dir names the folder of this machine, got "\/etc"/,
    );
  });

  it('goes on where a cell diverges, and says so in its report', async function () {
    this.timeout(60_000);
    const out = mkdtempSync(join(tmpdir(), 'synod-sweep-'));
    try {
      writeFileSync(
        join(out, 'points.csv'),
        Array.from({ length: 40 }, (_, i) => `${i},${i % 7},${i % 2}`).join('\n'),
      );
      const spec = parseSweep({
        ...SWEEP,
        byzantine: 0,
        experiment: {
          rounds: 12,
          batchSize: 4,
          model: { kind: 'mlp', hidden: [3] },
          data: { name: 'csv', file: 'points.csv' },
        },
        grid: { optimizer: [0.1, 1e30], 'aggregation.rule': ['mean', 'median'], batchSize: [4, 5] },
      });
      const asked: unknown[] = [];
      const { json, verdicts, files } = await runSweep({
        spec,
        command: 'synod sweep grid.yaml',
        provideData: (data) => {
          asked.push(data);
          return Promise.resolve(out);
        },
        out: join(out, 'report'),
        threads: 1,
        onProgress: () => {},
      });
      assert.deepEqual(asked, [{ name: 'csv', file: 'points.csv' }], 'the whole description of the data');
      const { rows } = json as {
        rows: { optimizer: number; accuracy: number | null; divergedIn?: number }[];
      };
      assert.equal(rows.length, 8, 'every cell has an outcome');
      for (const { optimizer, accuracy, divergedIn } of rows) {
        assert.equal(accuracy === null, optimizer === 1e30, 'no accuracy of a model that diverged');
        assert.equal(typeof divergedIn === 'number', optimizer === 1e30, 'but the round');
      }
      const report = readFileSync(
        files.find((file) => file.endsWith('report.md'))!,
        'utf8',
      );
      assert.match(report, /\| 1e\+30, mean \| diverged \| diverged \| diverged \|/, 'in the table');
      assert.match(JSON.stringify(verdicts), /mean: diverged in 2 of 4/, 'in the verdict');
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });

  it('refuses files that make no sense', () => {
    const cases: [unknown, RegExp][] = [
      [{ ...SWEEP, wokers: 3 }, /sweep\.wokers must be left out/],
      [{ ...SWEEP, grid: { attack: 'alie' } }, /sweep\.grid\.attack must be a list/],
      [{ ...SWEEP, workers: 0 }, /sweep\.workers must be/],
      [{ ...SWEEP, experiment: { roster: [] } }, /roster must be left out/],
      [{ ...SWEEP, grid: { byzantine: [1, 1] } }, /sweep\.grid\.byzantine must name each value once/],
      [{ ...SWEEP, seeds: [3, 3] }, /sweep\.seeds must name each seed once/],
    ];
    for (const [value, message] of cases) assert.throws(() => parseSweep(value), message);
  });
});

describe('reproductions', () => {
  it('have cells with ids of their own, in every size', () => {
    for (const reproduction of reproductions) {
      for (const size of ['quick', 'standard', 'paper'] as const) {
        const cells = reproduction.cells({ size, seeds: [1, 2] });
        assert.ok(cells.length >= 2, `${reproduction.name}, ${size}`);
        assert.equal(
          new Set(cells.map(({ id }) => id)).size,
          cells.length,
          `${reproduction.name}: ids differ`,
        );
        assert.ok(
          cells.every(({ id }) => /^[\w.+-]+$/.test(id)),
          `${reproduction.name}: ids are file names`,
        );
      }
    }
  });

  it('pass the checks of an experiment in every cell', () => {
    for (const reproduction of reproductions.filter(({ name }) => name !== 'vr-marina-pp-a9a')) {
      for (const size of ['quick', 'standard', 'paper'] as const) {
        for (const { id, settings } of reproduction.cells({ size, seeds: [1] })) {
          assert.doesNotThrow(() => checkLab(settings['lab'] as LabSettings), `${reproduction.name} ${id}`);
        }
      }
    }
  });
});

describe('grid command', () => {
  it('reads seeds, and writes them back', () => {
    assert.deepEqual(parseSeeds('2..4', '--seeds', 9), [2, 3, 4]);
    assert.deepEqual(parseSeeds('7', '--seeds', 9), [7]);
    assert.deepEqual(parseSeeds('1,5', '--seeds', 9), [1, 5]);
    for (const wrong of ['4..2', 'a', '', '1..', '1..99999'])
      assert.throws(() => parseSeeds(wrong, '--seeds', 9), /--seeds must/);
    assert.deepEqual([[1, 2, 3], [4], [1, 3]].map(seedsText), ['1..3', '4', '1,3']);
  });

  it('estimates means and standard errors', () => {
    assert.deepEqual(estimateOf([1, 2, 3]), { mean: 2, standardError: Math.sqrt(1 / 3), count: 3 });
    assert.equal(percent(estimateOf([0.5, 0.7])), '60.0 ± 10.0');
    assert.equal(percent(estimateOf([0.5])), '50.0');
  });
});
