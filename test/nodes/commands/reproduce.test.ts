/** `synod reproduce` and `synod sweep` as a user runs them: processes, real data, files and the last line. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLine, runSynod, startSynod } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';

const DATA_DIR = process.env['SYNOD_TEST_DATA'] ?? '../shared/data';
const MISSING = ['libsvm/a9a', 'mnist', 'cifar10'].filter((name) => !existsSync(join(DATA_DIR, name)));
const withData = MISSING.length === 0 ? it : it.skip;
const NEEDS = MISSING.length === 0 ? '' : ` (skipped: no ${MISSING.join(', ')} in ${DATA_DIR})`;
const COMMAND_TIMEOUT_MS = 240_000;

interface Rows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}
interface Curves {
  readonly fStar: number;
  readonly curves: readonly {
    readonly name: string;
    readonly clip: number | null;
    readonly gamma: number;
    readonly seed: number;
    readonly finalGap: number | null;
  }[];
}

describe('reproduce command', function () {
  this.timeout(COMMAND_TIMEOUT_MS);
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-reproduce-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const argumentsOf = (name: string, out: string, extra: readonly string[]) =>
    ['reproduce', name, '--quick', '--threads', '1', '--json', '--data-dir', DATA_DIR, '--out', out].concat(
      extra,
    );
  const reproduce = async (name: string, out: string, ...extra: string[]) => {
    const { code, stdout, stderr } = await runSynod(argumentsOf(name, out, extra));
    assert.equal(code, 0, `${name} ends well: ${stderr}`);
    return { stdout, stderr };
  };

  withData(`vr-marina-pp-a9a finds the optimum with clipping and not without${NEEDS}`, async () => {
    const { stdout, stderr } = await reproduce('vr-marina-pp-a9a', folder);
    const { fStar, curves } = lastLine<Curves>(stdout);
    assert.equal(fStar.toFixed(8), '0.48710016', 'f* to eight digits (0.487100159)');
    assert.deepEqual(
      curves.map(({ clip }) => clip),
      [0.1, 0.52, 1, 10, 100, null],
      'a curve for each level, null without clipping',
    );
    assert.ok(
      curves.every(({ gamma, seed }) => gamma === 0.1 && seed === 123),
      'gamma 0.1, the first seed',
    );
    const decades: readonly (readonly [number, number, number])[] = [
      [0.1, 1e-13, 1e-10],
      [0.52, 1e-10, 1e-7],
      [1, 1e-8, 1e-5],
      [10, 1e-2, 1],
    ];
    for (const [level, low, high] of decades) {
      const gap = curves.find(({ clip }) => clip === level)?.finalGap ?? NaN;
      assert.ok(gap > low && gap < high, `f - f* of lambda ${level} is ${gap}, expected ${low} to ${high}`);
    }
    const bare = curves.find(({ clip }) => clip === null)?.finalGap;
    assert.ok(bare === null || (bare ?? 0) > 0.05, `without clipping it fails, f - f* = ${bare}`);
    assert.match(stderr, /without it, it does not converge\. Here: yes\./, 'and says so in words');
    for (const file of ['report.html', 'report.md', 'results.csv', 'curves.csv']) {
      assert.ok(existsSync(join(folder, file)), `${file} is written`);
    }
  });

  const CELLS: readonly (readonly [name: string, cell: string, label: string, value: unknown])[] = [
    ['vr-marina-pp-mnist', 'clip_strides_median_sampled_0.01_1_shift-back', 'clip', 1],
    ['ctma-mnist', 'meta_8_RFA_CTMA_ALIE', 'meta', 'CTMA'],
    ['flag-mnist', 'Flag-0_random', 'rule', 'Flag 0'],
    ['flag-cifar10', 'trimmed-mean_10-loss', 'attack', '10 % loss'],
    ['compression', 'int8-EF14_ALIE', 'format', 'TopK 1 % + int8, EF14'],
  ];
  for (const [name, only, label, value] of CELLS) {
    withData(`${name} runs a cell of its own${NEEDS}`, async () => {
      const { stdout, stderr } = await reproduce(name, folder, '--only', only);
      const { rows } = lastLine<Rows>(stdout);
      assert.equal(rows.length, 1, 'one cell');
      const [row] = rows;
      assert.equal(row?.[label], value, 'its labels');
      assert.ok(Number(row?.['accuracy']) > 0.12, `it learns something: ${String(row?.['accuracy'])}`);
      assert.ok(Number(row?.['contributionBytes']) > 100, 'bytes are counted');
      assert.ok(Number(row?.['aggregateMs']) > 0, 'the aggregation is timed');
      assert.doesNotMatch(stderr, /^(yes|no|in part):/m, 'a claim is not judged by one cell');
      assert.equal(readFileSync(join(folder, 'results.csv'), 'utf8').trim().split('\n').length, 2, 'CSV');
    });
  }

  withData(`goes on where it was killed, and ends at the same states${NEEDS}`, async () => {
    const only = 'meta_8_median_CTMA';
    const killed = startSynod(argumentsOf('ctma-mnist', folder, ['--only', only]));
    const cells = join(folder, 'cells');
    const stored = () => (existsSync(cells) ? readdirSync(cells).filter((file) => /json$/.test(file)) : []);
    await eventually('the first cell is stored', () => stored().length === 1, 60_000);
    killed.process.kill('SIGKILL');
    await killed.finished;
    assert.equal(stored().length, 1, 'killed between the two cells');
    const first = join(cells, stored()[0] ?? '');
    const before = statSync(first).mtimeMs;
    const { stdout, stderr } = await reproduce('ctma-mnist', folder, '--only', only);
    assert.match(stderr, /2 of 2 cells, 1 from before/, 'one was there');
    assert.equal(statSync(first).mtimeMs, before, 'it was not done again');
    const again = await reproduce('ctma-mnist', join(folder, 'again'), '--only', only);
    const digests = (text: string) => lastLine<Rows>(text).rows.map(({ digest }) => digest);
    assert.equal(new Set(digests(stdout)).size, 2, 'two cells, two states');
    assert.deepEqual(digests(again.stdout), digests(stdout), 'one seed, one outcome');
    const other = await reproduce('ctma-mnist', join(folder, 'other'), '--only', only, '--seeds', '2');
    assert.notDeepEqual(digests(other.stdout), digests(stdout), 'another seed, another outcome');
  });

  it('says what it does not know', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['reproduce', 'krum-on-mars'], /NAME must be one of vr-marina-pp-a9a, /],
      [['reproduce', 'compression', '--quick', '--full'], /--full must be left out beside --quick/],
      [
        ['reproduce', 'compression', '--quick', '--only', 'nothing'],
        /--only must be part of the name of a cell/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await runSynod([...args, '--out', folder]);
      assert.equal(code, 2, `${args.join(' ')} is the operator's fault`);
      assert.match(stderr, message, args.join(' '));
    }
  });
});

describe('sweep command', function () {
  this.timeout(COMMAND_TIMEOUT_MS);
  const SWEEP = `
name: rules against attacks
experiment:
  rounds: 3
  batchSize: 2
  model: { kind: mlp, hidden: [3] }
  data: { name: glyphs, train: 60, test: 20 }
workers: 9
seeds: [1, 2]
grid:
  aggregation.rule: [mean, median, { name: ctma, base: geometric-median }]
  byzantine: [0, 2, 5]
  attack: [none, sign-flip]
`;

  it('trains a grid of a file, draws the worst case and names what it left out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-sweep-'));
    try {
      const [file, out] = [join(folder, 'grid.yaml'), join(folder, 'out')];
      writeFileSync(file, SWEEP);
      const { code, stdout, stderr } = await runSynod([
        'sweep',
        file,
        '--threads',
        '2',
        '--json',
        '--out',
        out,
      ]);
      assert.equal(code, 0, stderr);
      const { rows } = lastLine<Rows>(stdout);
      const tried = (byzantine: number) => rows.filter((row) => row['byzantine'] === byzantine).length;
      assert.deepEqual([tried(0), tried(2)], [12, 12], 'three rules, two attacks, two seeds');
      assert.equal(tried(5), 4, 'only the mean takes five of nine');
      const html = readFileSync(join(out, 'report.html'), 'utf8');
      assert.match(html, /Worst accuracy over attacks, percent/, 'the heat map');
      assert.match(html, /<svg[^]*>byzantine<[^]*<\/svg>/, 'over the number of Byzantine workers');
      assert.match(html, /Left out, [^<]*byzantine = 5/, 'what a bound refuses is named');
      assert.match(html, /±/, 'means of two seeds have an error');
      const csv = readFileSync(join(out, 'results.csv'), 'utf8').trim().split('\n');
      assert.equal(csv.length, rows.length + 1, 'a line for each run');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses a file that is none', async () => {
    const { code, stderr } = await runSynod(['sweep', '/nowhere/grid.yaml']);
    assert.equal(code, 2, 'the operator is told');
    assert.match(stderr, /grid\.yaml/, 'which file');
  });
});
