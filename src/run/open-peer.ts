/** What a peer keeps and what it learns with, opened from its folder and its experiment. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { experimentId, type Experiment } from '../config/experiment.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { writeWholeFile } from '../files/whole-file.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { ApplicationThread } from '../learning/application-thread.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { Keep, KeepLimit } from '../storage/kept-history.ts';
import { PartialState } from '../storage/partial-state.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { BackendName } from '../training/backends/all-backends.ts';
import type { DatasetSpec } from '../training/data/dataset-spec.ts';
import { sizeWithoutFiles } from './known-size.ts';

/** Experiments that this key has been used in, one id a line: tells a first start from a lost disk. */
const STARTED_FILE_NAME = 'started';
/** In the experiment's folder: the state that is being fetched. */
const PARTIAL_FOLDER = 'fetching';

export interface PeerStoreOptions {
  readonly keepContributions: boolean;
  readonly keep: KeepLimit;
  readonly resync: boolean;
  /** A sentence that the operator should read. */
  readonly onDoubt: (sentence: string) => void;
}

/** What a peer keeps of updates and contributions where nobody says: no run fills a disk in silence. */
export const DEFAULT_KEEP: KeepLimit = { kind: 'bytes', bytes: 10e9 };

/**
 * A peer that is behind by less than two checkpoint intervals asks for the updates one by one; what is further behind
 * takes a checkpoint.
 */
export function keepOf(limit: KeepLimit, { checkpointRounds }: Pick<Experiment, 'checkpointRounds'>): Keep {
  return { limit, leastRounds: 2 * checkpointRounds + SETTLEMENT_ROUNDS };
}

export interface OpenedFolder {
  readonly store: Store;
  readonly partial: PartialState;
  /** The key was never used in this experiment, so that an empty store is no lost disk. */
  readonly fresh: boolean;
}

export async function openPeerStore(
  folder: string,
  experiment: Experiment,
  { keepContributions, keep, resync, onDoubt }: PeerStoreOptions,
): Promise<OpenedFolder> {
  const id = experimentId(experiment);
  const started = join(folder, STARTED_FILE_NAME);
  const known = existsSync(started) ? (await readFile(started, 'utf8')).split('\n') : [];
  const own = join(folder, id.slice(0, 16));
  const store = await openStore(own, {
    experiment: id,
    about: new TextEncoder().encode(JSON.stringify(experiment)),
    keepContributions,
    keep: keepOf(keep, experiment),
    resync,
  });
  const partial = await PartialState.open(join(own, PARTIAL_FOLDER), onDoubt);
  const fresh = !known.includes(id);
  const others = known.filter((other) => other !== '' && other !== id);
  if (fresh && others.length > 0) {
    onDoubt(
      `this folder holds runs of other experiments (${others.map((other) => other.slice(0, 16)).join(', ')}) and` +
        ` none of ${id.slice(0, 16)}, which begins at round 0: a file in which anything was changed, be it only the` +
        ' number of rounds, is another experiment',
    );
  }
  if (fresh) writeWholeFile(started, `${[...known.filter((one) => one !== ''), id].join('\n')}\n`);
  return { store, partial, fresh };
}

export interface PeerThreadOptions {
  readonly backend: BackendName | 'auto';
  /** What it sends instead of its gradient. */
  readonly attack?: string | undefined;
  /** Finds or fetches the data set. */
  readonly provide: (spec: DatasetSpec) => Promise<DatasetSpec>;
  readonly signal: AbortSignal;
}

/** Throws an OperatorError where the experiment has no place for this peer, or its data cannot be had. */
export async function openPeerThread(
  experiment: Experiment,
  self: PeerId,
  { backend, attack, provide, signal }: PeerThreadOptions,
): Promise<ApplicationThread> {
  const seat = experiment.roster.indexOf(self);
  if (seat === -1 && experiment.admission.policy === 'genesis') {
    throw new OperatorError(
      `experiment.roster must name this peer where admission is by genesis, got a roster without ${self}`,
    );
  }
  await sizeWithoutFiles(experiment);
  const data = await provide(experiment.data);
  // a peer that joins later shares a shard of the partition with a peer of the genesis
  const shard = seat === -1 ? shardOfStranger(self, experiment.roster.length) : seat;
  return ApplicationThread.open(
    {
      experiment,
      local: { backend, trainingThreads: 1, data },
      peers: [{ self, shard, ...(attack === undefined ? {} : { attack, listens: true }) }],
    },
    signal,
  );
}

function shardOfStranger(self: PeerId, shards: number): number {
  let sum = 0;
  for (const character of self) sum = (sum * 31 + character.charCodeAt(0)) % shards;
  return sum;
}
