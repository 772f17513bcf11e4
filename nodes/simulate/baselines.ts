/** What the run is compared with: plain mean under the same attack, and plain mean where nobody attacks. */
import { runIdeally } from '../../simulations/ideal-run.ts';
import { peerRandomness } from '../../src/crypto/peer-randomness.ts';
import { openTraining } from '../../src/learning/open-training.ts';
import type { DatasetSpec } from '../../src/training/data/dataset-spec.ts';
import type { Evaluation } from '../../src/training/gradient-engine.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

export interface Baselines {
  readonly meanUnderAttack: Evaluation;
  readonly meanWithoutAttack: Evaluation;
}

export interface BaselineOptions {
  readonly settings: Settings;
  readonly data: DatasetSpec;
  readonly progress: (title: string) => Progress;
  readonly signal: AbortSignal;
}

/** Both without a network, by the arithmetic that the peers use. */
export async function runBaselines({
  settings,
  data,
  progress,
  signal,
}: BaselineOptions): Promise<Baselines> {
  const { keys, byzantine, attack, backend } = settings;
  const experiment = {
    ...settings.experiment,
    aggregation: { f: settings.experiment.aggregation.f, pipeline: { pre: [], rule: { name: 'mean' } } },
  } as const;
  const training = await openTraining(experiment, {
    backend,
    trainingThreads: 2,
    aggregationThreads: 1,
    data,
  });
  const randomness = new Map(keys.map((key) => [key.id, peerRandomness(key)]));
  const run = async (title: string, attacked: boolean): Promise<Evaluation> => {
    const bar = progress(title);
    const startedAt = performance.now();
    try {
      const { parameters } = await runIdeally({
        experiment,
        training,
        randomness,
        byzantine: attacked ? byzantine : [],
        ...(attacked ? { attack } : {}),
        signal,
        onRound: (round) =>
          bar.show({
            round: round + 1,
            secondsPerRound: (performance.now() - startedAt) / 1000 / (round + 1),
          }),
      });
      return await training.evaluate(parameters, signal);
    } finally {
      bar.stop();
    }
  };
  try {
    const meanWithoutAttack = await run('mean, no attack ', false);
    const meanUnderAttack = attack === undefined ? meanWithoutAttack : await run('mean, attacked  ', true);
    return { meanUnderAttack, meanWithoutAttack };
  } finally {
    await training.close();
  }
}
