/**
 * What a member's round costs at 10^6 to 10^8 parameters: `npm run bench:scale [-- --json] [--d 1e6,1e7] [--n 8,16]
 * [--formats int8,bfloat16,top-k] [--threads 2] [--repetitions 3]`. Each stage stands beside its limit, taken in the same
 * process: one read of what goes in, one SHA-256 of it where it has to be hashed, one write of what comes out, on as many
 * threads as the limit's own primitive uses (one). Every combination runs in a process of its own, which holds what a peer
 * holds through a round; its peak memory less the bodies is reported by the parameter. Vectors serve again as in a peer
 * (src/foundation/spare-vectors.ts); the bodies are received once, into fresh memory and piece by piece, as from the network.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parsePipeline } from '../src/aggregation/pipeline.ts';
import { parseCompressor } from '../src/compression/compressor-spec.ts';
import { createCompressor } from '../src/compression/create-compressor.ts';
import { encodeWithFeedback } from '../src/compression/error-feedback.ts';
import type { VectorReader } from '../src/compression/vector-reader.ts';
import { bodyDigest, PIECE_BYTES, pieceCount, pieceOf } from '../src/crypto/body-digest.ts';
import { hashOf } from '../src/crypto/hash.ts';
import { vectorsOf } from '../src/estimation/agreed-state.ts';
import { createEstimator, parseEstimator } from '../src/estimation/estimator-spec.ts';
import { parseOptimizer } from '../src/estimation/outer-optimizer.ts';
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import { SharedGarbage } from '../src/foundation/shared-garbage.ts';
import { sharedBytes } from '../src/foundation/shared-memory.ts';
import { createWasmLinearAlgebra } from '../src/linalg/wasm-linear-algebra.ts';
import { digestOfState, ReceiverRound, type Combined } from '../src/round/receiver-round.ts';
import { primitives } from './limit-speeds.ts';

const FORMATS: Readonly<Record<string, unknown>> = {
  int8: 'int8',
  bfloat16: 'bfloat16',
  'top-k': { kind: 'top-k', keep: 0.01, values: 'int8' },
};

interface Row {
  readonly d: number;
  readonly n: number;
  readonly format: string;
  readonly stage: string;
  readonly seconds: number;
  readonly limitSeconds: number;
  readonly ratio: number;
}

interface Outcome {
  readonly rows: readonly Row[];
  readonly peakBytesPerParameter: number;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    d: { type: 'string', default: '1e6,1e7,1e8' },
    n: { type: 'string', default: '8,16' },
    formats: { type: 'string', default: 'int8,bfloat16,top-k' },
    threads: { type: 'string', default: '2' },
    repetitions: { type: 'string', default: '3' },
    one: { type: 'boolean', default: false },
  },
});
const [threads, repetitions] = [Number(values.threads), Number(values.repetitions)];

if (values.one) {
  const outcome = await measure(Number(values.d), Number(values.n), values.formats);
  process.stdout.write(JSON.stringify(outcome));
  process.exit(0);
}

const rows: Row[] = [];
const peakBytesPerParameter: Record<string, number> = {};
for (const d of values.d.split(',').map(Number)) {
  for (const n of values.n.split(',').map(Number)) {
    for (const format of values.formats.split(',')) {
      process.stderr.write(`\n${format}, d = ${d.toExponential()}, n = ${n}\n`);
      const outcome = inOwnProcess(d, n, format);
      rows.push(...outcome.rows);
      peakBytesPerParameter[`${format} d=${d.toExponential()} n=${n}`] = outcome.peakBytesPerParameter;
      for (const { stage, seconds, limitSeconds, ratio } of outcome.rows) {
        const cells = [seconds.toFixed(4), limitSeconds.toFixed(4), ratio.toFixed(1)];
        process.stderr.write(`  ${stage.padEnd(44)} ${cells.map((cell) => cell.padStart(10)).join(' ')}\n`);
      }
      process.stderr.write(`  peak bytes a parameter ${outcome.peakBytesPerParameter.toFixed(1)}\n`);
    }
  }
}
if (values.json) process.stdout.write(`${JSON.stringify({ rows, peakBytesPerParameter })}\n`);

function inOwnProcess(d: number, n: number, format: string): Outcome {
  const own = ['--one', '--d', String(d), '--n', String(n), '--formats', format];
  const rest = ['--threads', String(threads), '--repetitions', String(repetitions)];
  const script = fileURLToPath(import.meta.url);
  const { status, stdout } = spawnSync(
    process.execPath,
    [...process.execArgv, '--expose-gc', script, ...own, ...rest],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 2 ** 24,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${format}, d = ${d}, n = ${n} ended with status ${status}`);
  return JSON.parse(stdout) as Outcome;
}

async function measure(d: number, n: number, format: string): Promise<Outcome> {
  const linalg = createWasmLinearAlgebra({ threads });
  await linalg.ready;
  const contribution = createCompressor(
    parseCompressor(FORMATS[format], 'formats'),
    d,
    undefined,
    linalg.encoding,
  );
  const estimator = createEstimator(
    parseEstimator('momentum', 'estimator'),
    parseOptimizer(0.1, 'optimizer'),
    linalg.vectors,
  );
  const updateCompressor = createCompressor(
    { kind: 'bfloat16', rounding: 'stochastic' },
    d,
    undefined,
    linalg.encoding,
  );
  const arithmeticOf = (pipeline: unknown): ReceiverRound =>
    new ReceiverRound({
      estimator,
      contributionCompressor: contribution,
      plainCompressor: createCompressor({ kind: 'float32' }, d),
      updateCompressor,
      pipeline: parsePipeline(pipeline, 'aggregation'),
      f: 2,
      linalg,
    });
  const ctma = arithmeticOf({ rule: 'ctma', base: 'geometric-median' });
  const flag = arithmeticOf({ rule: 'flag' });
  const context = { round: 1, seed: hashOf('synod/bench-scale') };

  const limits = primitives(d);
  collectGarbage();
  const found: Row[] = [];
  const garbage = new SharedGarbage();
  /** `after` is what a peer does with the result of each repetition before the next; it is not timed. */
  const timed = async <T>(
    stage: string,
    limitSeconds: number,
    run: () => T | Promise<T>,
    after?: (result: T) => void,
  ): Promise<T> => {
    const times: number[] = [];
    let result: T | undefined;
    for (let repetition = 0; repetition < repetitions; repetition++) {
      if (repetition > 0) after?.(result as T);
      result = undefined;
      const started = performance.now();
      result = await run();
      // as the application's thread does with what it hands out
      if (result instanceof Uint8Array) garbage.saw(result.length);
      times.push((performance.now() - started) / 1000);
    }
    const seconds = times.sort((a, b) => a - b)[(times.length - 1) >> 1] ?? NaN;
    record(stage, seconds, limitSeconds);
    return result as T;
  };
  const record = (stage: string, seconds: number, limitSeconds: number): void => {
    found.push({ d, n, format, stage, seconds, limitSeconds, ratio: seconds / limitSeconds });
  };

  // what a peer holds between rounds: the agreed state, the one before it, a worker's momentum and what feedback kept back
  const { spare } = linalg.vectors;
  const state = estimator.initialState(normalVector(0, spare.take(d)));
  const before = estimator.initialState(normalVector(1, spare.take(d)));
  const memory = new Map<string, Float32Array | number>();
  const plan = ctma.plan(state, context);

  // the gradient comes in memory of the peer's and leaves it once it is encoded
  const gradient = normalVector(2, spare.take(d));
  const oracle = { d, gradient: () => Promise.resolve(gradient) };
  const momentum = await timed('worker: momentum', limits.read(8 * d) + limits.write(8 * d), () =>
    estimator.contribute({ oracle, agreed: state, plan, context, memory }),
  );
  const ownLength = contribution.encode(momentum, { ...context, worker: 'w' }).length;
  collectGarbage();
  const feedback = { kind: 'ef14', decay: 1 } as const;
  await timed('worker: error feedback and encode', limits.read(8 * d) + limits.write(4 * d + ownLength), () =>
    encodeWithFeedback(contribution, feedback, momentum, { ...context, worker: 'w', memory }, linalg.vectors),
  );

  const contributions: { readonly worker: string; readonly body: Uint8Array }[] = [];
  let receiveSeconds = 0;
  for (let i = 0; i < n; i++) {
    const worker = `worker-${String(i).padStart(3, '0')}`;
    const sent = contribution.encode(normalVector(i, gradient), { ...context, worker });
    const started = performance.now();
    const body = sharedBytes(sent.length);
    for (let piece = 0; piece < pieceCount(sent.length); piece++)
      body.set(pieceOf(sent, piece), piece * PIECE_BYTES);
    receiveSeconds += (performance.now() - started) / 1000;
    contributions.push({ worker, body });
    collectGarbage(); // what was sent is another peer's memory
  }
  spare.give(gradient);
  const bodyBytes = contributions.reduce((sum, { body }) => sum + body.length, 0);
  record('receive (into shared memory)', receiveSeconds, limits.read(bodyBytes) + limits.write(bodyBytes));
  await timed('hash the bodies', limits.hash(bodyBytes), () =>
    contributions.map(({ body }) => bodyDigest(body)),
  );
  const release = (readers: readonly VectorReader[]): void => readers.forEach(({ release }) => release?.());
  const readers = await timed(
    'check the bodies',
    limits.read(bodyBytes),
    (): VectorReader[] =>
      contributions.map(({ worker, body }) => {
        const reader = contribution.open(body, { ...context, worker });
        if (typeof reader === 'string') throw new Error(`an own body is ${reader}`);
        return reader;
      }),
    release,
  );
  const oneResult = limits.read(bodyBytes) + limits.write(4 * d);
  const giveOutput = ({ output }: Combined): void => spare.give(output);
  const flagged = await timed(
    'aggregate, flag',
    oneResult,
    () => flag.combine(plan, context, readers),
    giveOutput,
  );
  giveOutput(flagged);
  const trimmed = await timed(
    'aggregate, ctma over geometric median',
    oneResult,
    () => ctma.combine(plan, context, readers),
    giveOutput,
  );
  release(readers);
  const update = await timed('encode the update', limits.read(4 * d) + limits.write(2 * d), () =>
    updateCompressor.encode(trimmed.output, { ...context, worker: '' }),
  );
  giveOutput(trimmed);
  const next = await timed(
    'step',
    limits.read(6 * d) + limits.write(4 * d),
    () => ctma.apply(state, context, update),
    (state) => vectorsOf(state).forEach((vector) => spare.give(vector)),
  );
  await timed('digest of the state', limits.hash(4 * d), () => digestOfState(next));

  const everything = found.filter(({ stage }) => !/flag/.test(stage));
  const sum = (pick: (row: Row) => number): number => everything.reduce((total, row) => total + pick(row), 0);
  const stage = 'everything (aggregated by ctma)';
  record(
    stage,
    sum((row) => row.seconds),
    sum((row) => row.limitSeconds),
  );
  linalg.close();
  const peakBytes = process.resourceUsage().maxRSS * 1024 - bodyBytes;
  if (digestOfState(before) === digestOfState(next)) throw new Error('a step back would go nowhere');
  return { rows: found, peakBytesPerParameter: peakBytes / d };
}

/** What the measurement leaves behind and no peer would. */
function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('start with --expose-gc');
  globalThis.gc();
}

/** Writes normal numbers, the same block of 2^20 over and over from another place for each worker. */
function normalVector(worker: number, vector: Float32Array): Float32Array {
  const d = vector.length;
  const random = new SeededRandom('bench-scale');
  const tile = Float32Array.from({ length: Math.min(d, 2 ** 20) }, () => random.nextNormal());
  const offset = (worker * 65_537) % tile.length;
  vector.set(tile.subarray(offset));
  for (let at = tile.length - offset; at < d; at += tile.length) {
    vector.set(tile.subarray(0, Math.min(tile.length, d - at)), at);
  }
  return vector;
}
