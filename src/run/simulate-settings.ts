/** What a run of simulated peers in this process needs: its experiment, their keys, who attacks and how. */
import type { Experiment } from '../config/experiment.ts';
import { hashOf } from '../crypto/hash.ts';
import { PeerKey } from '../crypto/peer-key.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { BackendName } from '../training/backends/all-backends.ts';

export interface SimulateSettings {
  readonly experiment: Experiment;
  /** The simulation's own keys, one for each roster peer, in the roster's order. */
  readonly keys: readonly PeerKey[];
  readonly byzantine: readonly PeerId[];
  /** As `parseAttack` reads it; undefined where nobody attacks. */
  readonly attack: unknown;
  readonly backend: BackendName | 'auto';
  /** `auto`: sockets for a few hosts of a small model, else memory. */
  readonly transport: 'tcp' | 'memory' | 'auto';
}

/** What suits each data set, where nothing else is said. */
export const PRESETS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  glyphs: {
    rounds: 120,
    model: { kind: 'mlp', hidden: [96] },
    optimizer: { learningRate: { kind: 'linear', rate: 1.6, warmup: 5, steps: 120, floor: 0.1 } },
    batchSize: 32,
  },
  mnist: {
    data: { name: 'mnist', normalize: false },
    rounds: 400,
    model: { kind: 'mlp', hidden: [100] },
    optimizer: { learningRate: { kind: 'linear', rate: 2.5, warmup: 10, steps: 400, floor: 0.1 } },
    batchSize: 64,
  },
};

/** The same keys for the same seed, in the order of their ids, which is that of a roster. */
export function simulatedKeys(peers: number, seed: string): PeerKey[] {
  const keys = Array.from({ length: peers }, (_, i) => new PeerKey(hashOf('synod/simulated-key', seed, i)));
  return keys.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * All peers of a simulation are there, so none is given up before `collectMs`: equal seeds give equal states, whatever
 * else the machine does. Peers of a testnet learn whom to wait for.
 */
export function waitingForAll(experiment: Experiment): Experiment {
  const { timing } = experiment;
  return { ...experiment, timing: { ...timing, collectMinMs: timing.collectMs } };
}
