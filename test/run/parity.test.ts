/** Every attack with several compressors: a run over libp2p and one without a network end in the same state. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settle } from '../../nodes/simulate/settings.ts';
import { runIdeally } from '../../simulations/ideal-run.ts';
import { ATTACK_KINDS } from '../../src/attacks/attack-spec.ts';
import { peerRandomness } from '../../src/crypto/peer-randomness.ts';
import { openTraining } from '../../src/learning/open-training.ts';
import { runOverNetwork } from '../../src/run/run-network.ts';

const COMPRESSIONS = [
  { contribution: 'int8' },
  { contribution: { kind: 'top-k', keep: 0.2, values: 'int8' }, feedback: 'ef14' },
  { contribution: 'bfloat16', update: 'float32' },
  { contribution: { kind: 'qsgd', levels: 6 } },
  { contribution: { kind: 'rand-k', keep: 0.5 } },
];

/** Nobody is late on a busy machine: what is awaited comes. */
const PATIENT = { collectMs: 600_000, proposeMs: 600_000, prevoteMs: 600_000, precommitMs: 600_000 };

describe('a run over libp2p and one without a network', function () {
  this.timeout(180_000);
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'synod-parity-'))));
  after(() => rmSync(folder, { recursive: true }));

  ATTACK_KINDS.forEach((attack, at) => {
    const compression = COMPRESSIONS[at % COMPRESSIONS.length];
    it(`end in the same state: ${attack}, ${JSON.stringify(compression)}`, async () => {
      const file = join(folder, `${attack}.json`);
      const experiment = {
        ...{ name: 'parity', rounds: 2, batchSize: 4, estimator: 'momentum', compression, timing: PATIENT },
        model: { kind: 'mlp', hidden: [4] },
        data: { name: 'glyphs', train: 100, test: 20 },
      };
      writeFileSync(file, JSON.stringify(experiment));
      const settings = settle({
        ...{ experiment: file, peers: 5, byzantine: 1, attack, attackParam: [], seed: '3' },
        ...{ backend: 'cpu', transport: 'memory', baselines: false },
      });
      const { keys, byzantine } = settings;
      const run = await runOverNetwork({
        ...{ settings, data: settings.experiment.data, say: () => undefined, verbose: false },
        signal: new AbortController().signal,
      });
      const local = { trainingThreads: 1, aggregationThreads: 1, data: settings.experiment.data };
      const training = await openTraining(settings.experiment, { backend: 'cpu', ...local });
      try {
        const randomness = new Map(keys.map((key) => [key.id, peerRandomness(key)]));
        const { attack: parsed } = settings;
        const ideal = await runIdeally({
          ...{ experiment: settings.experiment, training, randomness, byzantine, attack: parsed },
        });
        assert.ok(run.digestsAgree, 'all honest peers hold the same state');
        assert.equal(run.applicationDigest, ideal.stateDigest, 'the same as without a network');
      } finally {
        await training.close();
      }
    });
  });
});
