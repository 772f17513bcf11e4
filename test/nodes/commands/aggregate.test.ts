import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { optionsOf, printReport, type AggregateFlags } from '../../../nodes/aggregate/aggregate-flags.ts';
import { aggregateFiles, type AggregateFilesOptions } from '../../../src/file-aggregation/aggregate-files.ts';
import { aggregateInThread } from '../../../src/file-aggregation/aggregate-in-thread.ts';
import { encodeNpyHeader, NpyWriter, readNpyVector } from '../../../src/formats/npy.ts';
import {
  float32Of,
  readSafetensors,
  tensorOf,
  writeSafetensors,
  type Tensor,
} from '../../../src/formats/safetensors.ts';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { naiveAggregate } from '../../aggregation/naive/pipeline.ts';
import { assertClose, pipelineOf, randomRows } from '../../aggregation/run-aggregate.ts';
import { synodCommand } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function synod(...args: readonly string[]): Promise<Outcome> {
  const [node, ...words] = synodCommand(['aggregate', ...args]);
  const child = spawn(node, words, {
    cwd: ROOT,
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (data) => (stdout += String(data)));
  child.stderr.on('data', (data) => (stderr += String(data)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('synod aggregate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-aggregate-'));
  const at = (name: string): string => join(folder, name);
  const rows = randomRows(1, 9, 300);
  (rows[4] as number[]).fill(1000);
  after(() => rmSync(folder, { recursive: true }));

  function writeNpy(name: string, values: number[][], dtype: 'float32' | 'float64' = 'float32'): string {
    const writer = new NpyWriter(at(name), dtype, [values.length, (values[0] as number[]).length]);
    for (const row of values) writer.write(Float32Array.from(row));
    writer.finish();
    return at(name);
  }

  function writeWorker(path: string, row: readonly number[], wide = false): void {
    const [bias, weight] = [row.slice(0, 4), row.slice(4)];
    const biasTensor: Tensor = wide
      ? { dtype: 'F64', shape: [4], bytes: new Uint8Array(Float64Array.from(bias).buffer) }
      : tensorOf(Float32Array.from(bias));
    const weightTensor = tensorOf(Float32Array.from(weight), [8, 37]);
    writeSafetensors(
      path,
      new Map([
        ['layer.weight', weightTensor],
        ['layer.bias', biasTensor],
      ]),
      { worker: path },
    );
  }

  const input = writeNpy('x.npy', rows);
  const options = (changes: Partial<AggregateFlags>): AggregateFilesOptions =>
    optionsOf({
      inputs: [input],
      rule: 'mean',
      base: undefined,
      pre: undefined,
      f: 2,
      param: [],
      weights: undefined,
      threads: 1,
      memory: 16,
      out: at('o.npy'),
      ...changes,
    });

  it('aggregates a float32 matrix, and prints one JSON object', async () => {
    const args = ['--rule', 'ctma', '--base', 'geometric-median', '--pre', 'arc,nnm', '--f', '2'];
    const outcome = await synod(
      ...args,
      '--param',
      'nu=0.5',
      '--param',
      'iterations=8',
      input,
      '--out',
      at('a.npy'),
      '--json',
    );
    assert.deepEqual([outcome.code, outcome.stderr], [0, ''], 'success, and nothing to say');
    const lines = outcome.stdout.trim().split('\n');
    assert.equal(lines.length, 1, 'one line');
    const report = JSON.parse(lines[0] as string) as Record<string, unknown> & {
      report: { measure: string; rows: { row: number; kept: boolean; distance: number }[] };
    };
    const { rule, n, d, f, bytesRead, streamed, pipeline } = report;
    assert.deepEqual(
      { rule, n, d, f, bytesRead, streamed },
      { rule: 'ctma', n: 9, d: 300, f: 2, bytesRead: 4 * 9 * 300, streamed: false },
      'what it was',
    );
    assert.equal(typeof report.milliseconds, 'number', 'how long it took');
    assert.equal(report.report.measure, 'to-base', 'distances to the base');
    assert.equal(report.report.rows.filter(({ kept }) => kept).length, 7, 'n - f rows are kept');
    assert.equal(report.report.rows[4]?.kept, false, 'the far row is not');
    const expected = naiveAggregate(pipelineOf(pipeline), rows, { f: 2 });
    assertClose([...readNpyVector(at('a.npy'))], expected, 1e-5, 'the aggregate');
  });

  it('speaks to people, and reads float64', async () => {
    const wide = writeNpy('x64.npy', rows, 'float64');
    const outcome = await synod('--rule=krum', '--f=2', wide, '--out', at('b.npy'), '--threads', '2');
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stdout, /^krum of 9 vectors of 300 values, f = 2: [\d.]+ ms/, 'what it did');
    assert.match(outcome.stdout, /\n4 +no +[\d.e+]+\n/, 'row 4 is not kept');
    assert.match(outcome.stdout, /\nwrote .*b\.npy\n$/, 'where it went');
    const values = [...readNpyVector(at('b.npy'))];
    assert.ok(
      rows.some((row) => row.every((x, c) => x === values[c])),
      "Krum's output is an input",
    );
  });

  it('aggregates a folder and a list of .safetensors into one with the same names', async () => {
    mkdirSync(at('workers'));
    const paths = rows.map((row, i) => {
      const path = join(at('workers'), `w${i}.safetensors`);
      writeWorker(path, row, true);
      return path;
    });
    writeFileSync(join(at('workers'), 'notes.txt'), 'not an input');
    const common = ['--rule', 'median', '--f', '2'];
    const [byFolder, byList] = await Promise.all([
      synod(...common, at('workers'), '--out', at('folder.safetensors')),
      synod(...common, ...paths, '--out', at('list.safetensors')),
    ]);
    assert.deepEqual([byFolder.code, byList.code], [0, 0], byFolder.stderr + byList.stderr);
    const { tensors } = readSafetensors(at('folder.safetensors'));
    assert.deepEqual(tensors, readSafetensors(at('list.safetensors')).tensors, 'folder and list agree');
    const [bias, weight] = [tensors.get('layer.bias'), tensors.get('layer.weight')];
    assert.deepEqual([bias?.dtype, bias?.shape], ['F64', [4]], 'type and shape of the inputs');
    assert.deepEqual([weight?.dtype, weight?.shape], ['F32', [8, 37]], 'type and shape of the inputs');
    const expected = naiveAggregate(pipelineOf('median'), rows, { f: 2 });
    const values = [
      ...new Float64Array(Uint8Array.from(bias?.bytes ?? []).buffer),
      ...new Float32Array(Uint8Array.from(weight?.bytes ?? []).buffer),
    ];
    assertClose(values, expected, 1e-6, 'the median of each value');
  });

  it('gives the same file however little memory it may use', async () => {
    const many = writeNpy('many.npy', randomRows(3, 7, 90_000));
    for (const { passes, ...changes } of [
      { rule: 'ctma', base: 'median', passes: 3 },
      { rule: 'geometric-median', pre: 'nnm', param: ['iterations=converge'], passes: 2 },
      { rule: 'trimmed-mean', pre: 'bucketing', f: 1, param: ['seed=again', 's=2'], passes: 1 },
    ]) {
      const whole = await aggregateFiles(options({ f: 2, ...changes, inputs: [many], out: at('whole.npy') }));
      const parts = await aggregateFiles(
        options({ f: 2, ...changes, inputs: [many], out: at('parts.npy'), memory: 2 }),
      );
      assert.deepEqual([whole.streamed, parts.streamed], [false, true], 'in memory, and in blocks');
      assert.deepEqual(
        readNpyVector(at('parts.npy')),
        readNpyVector(at('whole.npy')),
        `${changes.rule}: equal files`,
      );
      assert.equal(parts.bytesRead, passes * whole.bytesRead, 'each pass reads the file once');
    }
    const strays = readdirSync(folder).filter((name) => /base|partial/.test(name));
    assert.deepEqual(strays, [], 'nothing is left behind');
  });

  it('weighs the inputs', async () => {
    const writer = new NpyWriter(at('w.npy'), 'float64', [9]);
    const weights = [1, 2, 0, 4, 0, 1, 1, 1, 3];
    writer.write(Float32Array.from(weights));
    writer.finish();
    const report = await aggregateFiles(options({ weights: at('w.npy'), out: at('weighted.npy') }));
    const expected = naiveAggregate(pipelineOf('mean'), rows, { f: 2, weights });
    assertClose([...readNpyVector(at('weighted.npy'))], expected, 1e-6, 'the weighted mean');
    assert.deepEqual(
      report.coefficients?.map((c) => Math.round(13 * c)),
      weights,
      'its coefficients',
    );
  });

  it('takes the files of a folder in natural order, names them, and weighs them by name', async () => {
    const workers = at('numbered');
    mkdirSync(workers);
    for (let i = 1; i <= 12; i++) {
      writeSafetensors(join(workers, `w${i}.safetensors`), new Map([['w', tensorOf(Float32Array.of(i))]]));
    }
    writeFileSync(join(workers, '._w1.safetensors'), 'left by another system');
    writeFileSync(join(workers, '.DS_Store'), 'left by another system');
    const names = Array.from({ length: 12 }, (_, i) => `w${i + 1}.safetensors`);
    writeFileSync(
      at('weights.json'),
      JSON.stringify(Object.fromEntries(names.map((name, i) => [name, i === 1 ? 100 : 1]))),
    );
    const ordered = { inputs: [workers], out: at('ordered.safetensors'), rule: 'krum', f: 1 };
    const report = await aggregateFiles(options(ordered));
    assert.deepEqual(report.names, names, 'w2 is the second row, and hidden files are none');
    assert.match(printReport(report), /\nw10\.safetensors {2}(yes|no) /, 'people read names, too');
    const weighted = { ...ordered, rule: 'mean', weights: at('weights.json') };
    await aggregateFiles(options(weighted));
    const [mean] = new Float32Array(
      Uint8Array.from(readSafetensors(at('ordered.safetensors')).tensors.get('w')?.bytes ?? []).buffer,
    );
    const expected = (names.reduce((sum, _, i) => sum + i + 1, 0) + 99 * 2) / 111;
    assert.ok(Math.abs((mean as number) - expected) < 1e-6, `the weight of w2 weighs w2: ${mean}`);
    for (const [wrong, sentence] of [
      [{ 'w1.safetensors': 1 }, /give every input a weight, got "none for w2\.safetensors"/],
      [{ w1: 1 }, /must name inputs only, got "w1"/],
      [{ 'w1.safetensors': 'x' }, /w1\.safetensors must be a number, got "x"/],
      [[1, 2], /must map the name of each input to its weight/],
    ] as const) {
      writeFileSync(at('wrong.json'), JSON.stringify(wrong));
      await assert.rejects(aggregateFiles(options({ ...weighted, weights: at('wrong.json') })), sentence);
    }
    await assert.rejects(
      aggregateFiles(options({ inputs: [input], rule: 'mean', weights: at('weights.json') })),
      /^OperatorError: weights must be a \.npy vector where the inputs are rows of one matrix/,
    );
  });

  it('widens 16 bits, and refuses, copies or leaves out what is no float', async () => {
    const mixed = (count: number, half: number): Map<string, Tensor> =>
      new Map([
        ['count', { dtype: 'I64', shape: [], bytes: new Uint8Array(BigInt64Array.of(BigInt(count)).buffer) }],
        ['bf', { dtype: 'BF16', shape: [2], bytes: Uint8Array.of(0x80, 0x3f, 0, half) }],
        ['wide', { dtype: 'F64', shape: [1], bytes: new Uint8Array(Float64Array.of(count).buffer) }],
        ['none', { dtype: 'F32', shape: [0], bytes: new Uint8Array(0) }],
        ['flags', { dtype: 'BOOL', shape: [3], bytes: Uint8Array.of(1, 0, 1) }],
      ]);
    writeSafetensors(at('m1.safetensors'), mixed(7, 0x40));
    writeSafetensors(at('m2.safetensors'), mixed(9, 0xc0));
    const inputs = [at('m1.safetensors'), at('m2.safetensors')];
    const mean = { inputs, out: at('m.safetensors'), rule: 'mean', f: 0 };
    await assert.rejects(
      aggregateFiles(options(mean)),
      /tensor "(count|flags)" must be F64, F32, F16 or BF16 .*integers copy/,
    );
    await aggregateFiles(options({ ...mean, integers: 'skip' }));
    const skipped = readSafetensors(at('m.safetensors')).tensors;
    assert.deepEqual([...skipped.keys()].sort(), ['bf', 'none', 'wide'], 'without the integers');
    await aggregateFiles(options({ ...mean, integers: 'copy' }));
    const copied = readSafetensors(at('m.safetensors')).tensors;
    assert.equal(Buffer.from(copied.get('count')?.bytes ?? []).readBigInt64LE(), 7n, 'of the first file');
    assert.deepEqual([...(copied.get('flags')?.bytes ?? [])], [1, 0, 1], 'truths, too');
    const bf = copied.get('bf');
    assert.equal(bf?.dtype, 'F32', '16 bits are too few for a mean');
    assert.deepEqual([...new Float32Array(Uint8Array.from(bf.bytes).buffer)], [1, 0], 'the mean of 2 and -2');
    assert.equal(Buffer.from(copied.get('wide')?.bytes ?? []).readDoubleLE(), 8, 'beside float64');
  });

  it('takes models in shards by their indices, and tells shards from vectors', async () => {
    const modelIn = (name: string, value: number): string => {
      mkdirSync(at(name));
      const shards = ['a', 'b'].map((tensor, k) => {
        const file = `model-0000${k + 1}-of-00002.safetensors`;
        writeSafetensors(join(at(name), file), new Map([[tensor, tensorOf(Float32Array.of(value + k))]]));
        return [tensor, file];
      });
      const index = { weight_map: Object.fromEntries(shards) as Record<string, string> };
      writeFileSync(join(at(name), 'model.safetensors.index.json'), JSON.stringify(index));
      return at(name);
    };
    const inputs = [modelIn('s1', 1), modelIn('s2', 3)];
    const report = await aggregateFiles(options({ inputs, out: at('s.safetensors'), rule: 'mean', f: 0 }));
    assert.deepEqual([report.n, report.d], [2, 2], 'two vectors of both shards');
    const tensors = readSafetensors(at('s.safetensors')).tensors;
    assert.deepEqual(
      ['a', 'b'].map((name) => float32Of(tensors.get(name) as Tensor)?.[0]),
      [2, 3],
      'means',
    );
    await assert.rejects(
      aggregateFiles(options({ inputs: [at('s1')], out: at('s.safetensors') })),
      /s1 holds the shards of one model .*name one such folder for each vector/,
    );
    for (const [again, sentence] of [
      [
        at('s1'),
        /inputs must be different files, got .*s1.*index.json twice \(weights let one count for more\)$/,
      ],
      [at('link.safetensors.index.json'), /got .* and .*link.* which are one file/],
    ] as const) {
      if (again !== at('s1')) linkSync(join(at('s1'), 'model.safetensors.index.json'), again);
      await assert.rejects(
        aggregateFiles(options({ inputs: [at('s1'), at('s2'), again], out: at('s.safetensors'), f: 0 })),
        sentence,
        'a vector that would count twice',
      );
      if (again !== at('s1')) rmSync(again);
    }
    rmSync(join(at('s1'), 'model.safetensors.index.json'));
    await assert.rejects(
      aggregateFiles(options({ inputs: [at('s1')], out: at('s.safetensors') })),
      /s1 holds the shards of one model/,
      'by their names alone',
    );
  });

  it('exits with code 2 and one sentence where the operator is wrong', async () => {
    const fortran = at('fortran.npy');
    const header = Buffer.from(encodeNpyHeader('float32', [1, 2]));
    const text = header.toString('latin1').replace('False', 'True ');
    writeFileSync(fortran, Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(8)]));
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--rule', 'krumm', '--f', '2', input], /rule must be one of mean, .*, got "krumm"/],
      [['--rule', 'bulyan', '--f', '2', input], /bulyan needs n >= 4 f \+ 3, but n = 9 and f = 2/],
      [['--rule', 'mean', '--f', '1', fortran], /fortran\.npy must be in C order, got Fortran order/],
      [
        ['--rule', 'mean', '--f', '1', input, '--thread', '2'],
        /no flag --thread \(did you mean --threads\?\)/,
      ],
      [
        ['--rule', 'mean', '--f', '1', input, '--threads', '0'],
        /--threads must be a whole number from 1 to 256, got "0"/,
      ],
      [
        ['--rule', 'mean', '--f', '1', input, '--memory', '0'],
        /--memory must be a number from 1 to 3584, got "0"/,
      ],
      [['--rule', 'mean', '--f', 'abc', input], /--f must be a whole number of at least 0, got "abc"/],
      [['--rule', 'mean', input], /aggregate needs --f N/],
    ];
    const outcomes = await Promise.all(wrong.map(([args]) => synod(...args, '--out', at('never.npy'))));
    outcomes.forEach(({ code, stdout, stderr }, k) => {
      const [args, sentence] = wrong[k] as (typeof wrong)[number];
      assert.equal(code, 2, `${args.join(' ')}: exit code`);
      assert.equal(stdout, '', 'nothing on stdout');
      assert.match(stderr, sentence, 'the sentence');
      assert.match(stderr, /^synod: [^\n]+\n$/, 'one line, without a stack trace');
    });
    assert.ok(
      !readdirSync(folder).some((name) => name.startsWith('never')),
      'no output, not even part of one',
    );
  }).timeout(120_000); // eight processes at once

  it('says what is wrong with inputs, settings and outputs', async () => {
    const bad = rows.map((row) => [...row]);
    (bad[3] as number[])[7] = NaN;
    const nan = writeNpy('nan.npy', bad);
    writeFileSync(
      at('huge.npy'),
      Buffer.concat([encodeNpyHeader('float64', [1, 1]), Buffer.from(Float64Array.of(1e300).buffer)]),
    );
    writeFileSync(at('empty.npy'), encodeNpyHeader('float32', [0, 5]));
    mkdirSync(at('none'));
    writeWorker(at('a.safetensors'), rows[0] as number[]);
    writeWorker(at('b.safetensors'), rows[1] as number[], true);
    writeSafetensors(
      at('ints.safetensors'),
      new Map([['i', { dtype: 'I64', shape: [1], bytes: new Uint8Array(8) }]]),
    );
    writeSafetensors(at('nothing.safetensors'), new Map());
    const flat = new NpyWriter(at('flat.npy'), 'float32', [3]);
    flat.write(new Float32Array(3));
    flat.finish();
    const tensors = { out: at('o.safetensors') };
    const cases: readonly (readonly [Partial<AggregateFlags>, RegExp])[] = [
      [{ inputs: [at('missing.npy')] }, /^cannot read .*missing\.npy: it does not exist/],
      [{ inputs: [nan] }, /nan\.npy row 3 must be finite in float32, got NaN in column 7/],
      [
        { inputs: [at('huge.npy')], f: 0 },
        /huge\.npy row 0 must be finite in float32, got Infinity in column 0/,
      ],
      [{ inputs: [at('flat.npy')] }, /flat\.npy must hold a matrix .* got the shape \(3,\)/],
      [{ inputs: [at('empty.npy')] }, /empty\.npy holds no values/],
      [{ inputs: [input, input] }, /inputs must be one \.npy file, or a folder or list of \.safetensors/],
      [{ inputs: [at('none')], ...tensors }, /none holds no \.safetensors file/],
      [{ inputs: [at('x.txt')] }, /inputs must be one \.npy file/],
      [{ out: at('o.safetensors') }, /^out must end in \.npy, as the inputs do/],
      [{ inputs: [at('a.safetensors')] }, /^out must end in \.safetensors/],
      [
        { inputs: [at('a.safetensors'), at('b.safetensors')], ...tensors },
        /b\.safetensors must hold the tensors of .*a\.safetensors: "layer\.bias" is F64 \(4\) in the former and F32 \(4\) in the latter/,
      ],
      [
        { inputs: [at('a.safetensors'), at('ints.safetensors')], ...tensors },
        /is missing in the former and F32 \(4\) in the latter .*shards/,
      ],
      [
        { inputs: [at('ints.safetensors')], ...tensors },
        /tensor "i" must be F64, F32, F16 or BF16 to be aggregated, got I64 \(integers copy/,
      ],
      [{ inputs: [at('nothing.safetensors')], ...tensors }, /holds no values/],
      [{ out: join(at('no-folder'), 'o.npy') }, /^cannot write .*: the folder .*no-folder does not exist$/],
      [{ f: 9 }, /^f must be below n = 9, got 9/],
      [{ f: NaN }, /^f must be an integer/],
      [{ rule: 'krum', f: 4 }, /^krum needs n >= 2 f \+ 3, but n = 9 and f = 4/],
      [{ rule: 'ctma' }, /^base must be one of mean, .*, got nothing/],
      [{ pre: 'nnm,buckets' }, /^pre\[1\] must be one of nnm, bucketing, clip, arc, got "buckets"/],
      [{ rule: 'centered-clipping', param: ['tau=-1'] }, /^tau must be a number above 0, got -1/],
      [{ param: ['tau'] }, /^param must be key=value, got "tau"/],
      [{ param: ['tau=1'] }, /^tau must be left out: no part of this pipeline knows it, got 1/],
      [{ weights: at('flat.npy') }, /^weights must have one value for each of 9 inputs, got 3/],
      [{ weights: input }, /must hold one dimension, got \[9,300\]/],
      [{ rule: 'krum', weights: at('flat.npy') }, /^weights cannot be used: krum has no weighted form/],
    ];
    for (const [changes, sentence] of cases) {
      const inputs = changes.inputs ?? [input];
      const run = async () => aggregateFiles(options({ ...changes, inputs }));
      await assert.rejects(run, (error) => {
        assert.ok(error instanceof OperatorError, `${JSON.stringify(changes)}: ${String(error)}`);
        assert.match(error.message, sentence, JSON.stringify(changes));
        assert.ok(!error.message.includes('\n'), 'one sentence');
        return true;
      });
    }
    assert.ok(!readdirSync(folder).some((name) => name.endsWith('.partial')), 'no part of an output is left');
  });

  it('needs no table of n x n for rules that compare nothing', async () => {
    const [n, d] = [70_000, 2];
    const tall = new NpyWriter(at('tall.npy'), 'float32', [n, d]);
    tall.write(Float32Array.from({ length: n * d }, (_, i) => i % 2));
    tall.finish();
    // the table alone would have 39 GB, and could not be made at all
    for (const rule of ['mean', 'median', 'trimmed-mean']) {
      const out = at(`tall-${rule}.npy`);
      const report = await aggregateFiles(options({ inputs: [at('tall.npy')], rule, f: 3, out }));
      assert.equal(report.n, n);
      assert.deepEqual([...readNpyVector(out)], [0, 1], rule);
    }
    await assert.rejects(
      aggregateFiles(options({ inputs: [at('tall.npy')], rule: 'krum', f: 3, out: at('tall-krum.npy') })),
      /made for at most 8192, got 70000 \(each row is the vector of one input: is the matrix transposed\?\)$/,
    );
  });

  it('ends at a signal as a process, and leaves nothing of its output', async function () {
    if (process.platform === 'win32') this.skip(); // it has no signals
    const wide = new NpyWriter(at('slow.npy'), 'float32', [24, 500_000]);
    const row = new Float32Array(500_000);
    for (let i = 0; i < 24; i++) wide.write(row.map((_, k) => Math.sin(k * (i + 1))));
    wide.finish();
    const [node, ...words] = synodCommand([
      'aggregate',
      ...['--rule', 'ctma', '--base', 'median', '--pre', 'nnm', '--f', '9', '--memory', '4'],
      ...[at('slow.npy'), '--out', at('ended.npy')],
    ]);
    const child = spawn(node, words, { stdio: 'ignore' });
    const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('close', (code, signal) => resolve([code, signal]));
    });
    const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith('ended.npy'));
    await eventually('a part of the output', () => parts().length > 0 || child.exitCode !== null, 60_000);
    child.kill('SIGINT');
    assert.deepEqual(await ended, [130, null]);
    assert.deepEqual(parts(), []);
  });

  it('stops at a signal while it computes, and leaves nothing behind', async () => {
    const wide = new NpyWriter(at('wide.npy'), 'float32', [24, 500_000]);
    const row = new Float32Array(500_000);
    for (let i = 0; i < 24; i++) wide.write(row.map((_, k) => Math.sin(k * (i + 1))));
    wide.finish();
    const controller = new AbortController();
    const parts = (): string[] => readdirSync(folder).filter((name) => name.startsWith('stopped.npy'));
    const poll = setInterval(() => {
      if (parts().length > 0) controller.abort(new Error('a signal'));
    }, 1);
    const request = { pre: 'nnm', rule: 'ctma', base: 'median', f: 9, memory: 4 };
    const running = aggregateInThread(
      options({ ...request, inputs: [at('wide.npy')], out: at('stopped.npy') }),
      controller.signal,
    );
    await assert.rejects(running, { message: 'a signal' });
    clearInterval(poll);
    process.emit('exit', 0); // what is left of a thread goes with the process
    assert.deepEqual(parts(), []);
  });

  it('writes no mixture where two write the same file, and never eats an input', async () => {
    const [a, b] = ['a', 'b'].map((name, i) =>
      writeNpy(
        `${name}.npy`,
        [0, 1, 2].map(() => new Array<number>(50_000).fill(i + 1)),
      ),
    );
    const out = at('same.npy');
    const both = [a, b].map((one) =>
      aggregateInThread(
        options({ inputs: [one as string], f: 0, out, memory: 2 }),
        new AbortController().signal,
      ),
    );
    await Promise.all(both);
    assert.equal(new Set(readNpyVector(out)).size, 1, 'all of one writer');
    await assert.rejects(
      aggregateFiles(options({ inputs: [a as string], f: 0, out: a as string })),
      /^OperatorError: out must be none of the inputs/,
    );
    await assert.rejects(
      aggregateFiles(options({ inputs: [a as string], f: 0, weights: b, out: b as string })),
      OperatorError,
    );
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.partial')),
      [],
    );
  });
});
