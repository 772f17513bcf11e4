/**
 * Where one peer's round goes, beside the gradient: `npm run bench:round [-- --json] [--batch N] [--peers N]
 * [--data-dir FOLDER]`. LeNet on MNIST where its folder is given, else on the smaller glyphs; default settings. Processor time of all threads, medians and means (with
 * garbage collection); the network itself is not in it, what a peer computes for it is. The gradient is the engine's alone: batch and parameters in
 * memory, flat gradient out.
 */
import { parseArgs } from 'node:util';
import { bodyDigest } from '../src/crypto/body-digest.ts';
import { hashOf } from '../src/crypto/hash.ts';
import { PeerKey } from '../src/crypto/peer-key.ts';
import { peerRandomness } from '../src/crypto/peer-randomness.ts';
import { parseExperiment } from '../src/config/experiment.ts';
import { openTraining } from '../src/learning/open-training.ts';
import { digestOfState } from '../src/round/receiver-round.ts';
import { startBackend } from '../src/training/backends/start-backend.ts';
import { openDataset } from '../src/training/data/dataset-spec.ts';
import { provideDataset } from '../src/training/data/provide-dataset.ts';
import { openTask } from '../src/training/open-task.ts';
import { createGradientEngine } from '../src/training/tensor-engine.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    batch: { type: 'string', default: '64' },
    peers: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '60' },
    'data-dir': { type: 'string' },
  },
});
const peers = Number(values.peers);
const batchSize = Number(values.batch);
const keys = Array.from({ length: peers }, (_, i) => new PeerKey(hashOf('synod/bench-round', i)));
keys.sort((a, b) => (a.id < b.id ? -1 : 1));

const experiment = parseExperiment({
  model: 'lenet',
  data: { name: values['data-dir'] === undefined ? 'glyphs' : 'mnist', train: 2000, test: 100 },
  batchSize,
  aggregation: { f: 1, rule: 'ctma', base: 'geometric-median' },
  roster: keys.map(({ id }) => id),
});
const data = await provideDataset(experiment.data, { dataDir: values['data-dir'] ?? '.' });
const training = await openTraining(experiment, {
  backend: 'wasm',
  trainingThreads: 1,
  aggregationThreads: 1,
  data,
});
const applications = await training.createApplications(
  experiment.roster.map((self, shard) => ({ self, shard })),
);
const [first] = applications;
if (first === undefined) throw new Error('a peer');

const dataset = await openDataset(data, 'train');
const task = await openTask(experiment.model, dataset);
const engine = await createGradientEngine(
  task,
  dataset,
  await startBackend('wasm', { allowSoftware: false }),
);

const times = new Map<string, number[]>();
async function timed<T>(stage: string, run: () => T | Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const result = await run();
  const { user, system } = process.cpuUsage(before);
  const known = times.get(stage) ?? [];
  times.set(stage, [...known, (user + system) / 1000]);
  return result;
}

const { signal } = new AbortController();
const gradient = new Float32Array(training.size.parameters);
const batch = dataset.read(Array.from({ length: batchSize }, (_, i) => i));
const [key] = keys;
if (key === undefined) throw new Error('a key');
const randomness = peerRandomness(key);
for (let round = 0; round < Number(values.rounds); round++) {
  const context = { round, seed: hashOf('synod/bench-round-seed', round) };
  const { parameters } = first.state;
  for (let i = 0; i < peers; i++) {
    await timed('gradient alone', () => engine.gradient(parameters, batch, gradient));
  }
  const bodies: Uint8Array[] = [];
  for (const application of applications) {
    bodies.push(
      await timed('gradient, batch, threads, momentum, encoding', () => application.train(context, signal)),
    );
  }
  const contributions = experiment.roster.map((worker, i) => ({ worker, body: bodies[i] as Uint8Array }));
  await timed('digests of contributions', () => contributions.map(({ body }) => bodyDigest(body)));
  await timed('check contributions', async () => {
    for (const contribution of contributions) await first.check(context, contribution);
  });
  const { update } = await timed('aggregate, digest of the next state', () =>
    first.aggregate(context, contributions),
  );
  await timed('apply', () => first.apply(context, update));
  for (const other of applications.slice(1)) other.adopt(first.state);
  const statement = hashOf('a statement', round);
  await timed('sign (contribution, prevote, precommit)', () => {
    for (let i = 0; i < 3; i++) key.sign(statement);
  });
  const { length: committee } = experiment.roster.slice(0, experiment.committee.size);
  // each another one, since a signature that was verified is remembered
  const statements = Array.from({ length: peers + 1 + 2 * committee }, (_, i) => {
    const signed = hashOf('a statement of somebody', round, i);
    return { signed, by: key.sign(signed) };
  });
  await timed('verify signatures (contributions, proposal, votes)', () => {
    for (const { signed, by } of statements) key.verify(key.id, signed, by);
  });
  const proof = await timed('prove the beacon (one peer of a committee)', () => randomness.prove(statement));
  await timed('verify the beacon', () => randomness.verify(key.id, statement, proof.proof));
}
await timed('digest of a state', () => digestOfState(first.state));
await training.close();

const rows = [...times].map(([stage, all]) => ({ stage, cpuMs: median(all), meanCpuMs: mean(all) }));
const alone = rows[0];
for (const { stage, cpuMs, meanCpuMs } of rows) {
  const shares = [cpuMs / (alone?.cpuMs ?? NaN), meanCpuMs / (alone?.meanCpuMs ?? NaN)];
  const cells = [cpuMs, meanCpuMs].map(
    (time, i) => `${time.toFixed(2).padStart(8)} ms ${(100 * (shares[i] ?? NaN)).toFixed(1).padStart(6)} %`,
  );
  process.stderr.write(`${stage.padEnd(54)} ${cells.join('   ')}\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify({ batchSize, peers, rows })}\n`);
process.exit(0);

function mean(all: readonly number[]): number {
  // the first quarter warms up
  const warm = all.slice(all.length >> 2);
  return warm.reduce((sum, one) => sum + one, 0) / warm.length;
}

function median(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}
