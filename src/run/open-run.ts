/** Opens what a peer left behind, to look at it: the store of a run's folder and the experiment that it belongs to. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { experimentId, type Experiment } from '../config/experiment.ts';
import { protocolConfigOf, type ApplicationLimits } from '../config/protocol-config.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';

export interface RunFolder {
  readonly path: string;
  readonly store: Store;
  readonly experiment: Experiment;
}

/** Stands for what only the model tells; enough to read records, not to check states. */
const WITHOUT_MODEL: ApplicationLimits = {
  stateDigest: '0'.repeat(64),
  maxContributionBytes: Number.MAX_SAFE_INTEGER,
  maxUpdateBytes: Number.MAX_SAFE_INTEGER,
  stateByteLength: Number.MAX_SAFE_INTEGER,
};

/** `folder` holds a store, or one store in a folder below it. Nothing is changed in it. */
export async function openRun(folder: string): Promise<RunFolder> {
  const path = storeFolder(folder);
  const store = await openStore(path, { inspect: true });
  try {
    return { path, store, experiment: describedExperiment(store, path) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export function configWithoutModel(experiment: Experiment): ProtocolConfig {
  return protocolConfigOf(experiment, WITHOUT_MODEL);
}

function storeFolder(folder: string): string {
  const isStore = (path: string) => existsSync(join(path, 'ledger'));
  if (isStore(folder)) return folder;
  const below = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(folder, name))
        .filter(isStore)
    : [];
  const [only, another] = below;
  if (only === undefined) throw new OperatorError(`${folder} holds no run of a peer`);
  if (another === undefined) return only;
  throw new OperatorError(`${folder} holds ${below.length} runs: name one of ${below.join(', ')}`);
}

/** The store's own description; its digest is the experiment's id, which vouches for every field. */
function describedExperiment({ about, experiment: id }: Store, path: string): Experiment {
  let described: unknown;
  try {
    described = JSON.parse(Buffer.from(about).toString());
  } catch {
    // told below
  }
  if (typeof described !== 'object' || described === null || !hasId(described as Experiment, id)) {
    throw new OperatorError(`${path} does not describe the experiment ${id.slice(0, 16)} that it belongs to`);
  }
  return described as Experiment;
}

function hasId(experiment: Experiment, id: string): boolean {
  try {
    return experimentId(experiment) === id;
  } catch {
    return false;
  }
}
