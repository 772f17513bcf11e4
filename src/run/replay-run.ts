/** The model of a run's ledger: its newest checkpoint and the certified updates that follow it. */
import { experimentId, type Experiment } from '../config/experiment.ts';
import { protocolConfigOf } from '../config/protocol-config.ts';
import { digestOf } from '../crypto/hash.ts';
import { StoredHistory } from '../driver/stored-history.ts';
import { OperatorError, invalidField } from '../foundation/operator-error.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';
import type { UnverifiedCertificate } from '../messages/vote.ts';
import { createReceivingApplication } from '../learning/receiving-application.ts';
import type { TrainingApplication } from '../learning/training-application.ts';
import type { Store } from '../storage/store.ts';
import type { ModelMetadata } from '../training/model-file.ts';
import type { Task } from '../training/task.ts';

export interface ReplayedModel {
  readonly parameters: Float32Array;
  readonly metadata: ModelMetadata;
}

/**
 * The model after `rounds` rounds, or after all that the ledger holds. Each state's digest is compared with the one
 * that its committee certified; the certificates themselves are `synod verify-run`'s business.
 */
export async function replayRun(
  store: Store,
  experiment: Experiment,
  task: Task,
  rounds: number | undefined,
): Promise<ReplayedModel> {
  const held = store.history === undefined ? 0 : store.history.last + 1;
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 0 && rounds <= held))
    throw invalidField('--round', `be an integer from 0 to ${held}, the rounds of the run`, rounds);
  const wanted = rounds ?? held;
  const linalg = openLinearAlgebra({ threads: 1 });
  try {
    const application = createReceivingApplication(experiment, task, linalg);
    const replay = new Replay(store, experiment, application);
    await replay.to(wanted, await replay.restoreCheckpoint(wanted));
    const certificate = wanted === 0 ? undefined : await replay.certificateOf(wanted - 1);
    return {
      parameters: application.state.parameters,
      metadata: {
        experiment: experimentId(experiment),
        round: wanted,
        ...(certificate === undefined ? {} : { certificate }),
        state: application.stateDigest,
      },
    };
  } finally {
    linalg.close();
  }
}

class Replay {
  private readonly store: Store;
  private readonly application: TrainingApplication;
  private readonly history: StoredHistory;

  constructor(store: Store, experiment: Experiment, application: TrainingApplication) {
    this.store = store;
    this.application = application;
    this.history = new StoredHistory(store, protocolConfigOf(experiment, application));
  }

  /** Restores the newest checkpoint that is not beyond the round and returns its round; 0 for genesis. */
  async restoreCheckpoint(atMost: number): Promise<number> {
    const found = await this.history.newestCheckpoint(atMost);
    if (found === undefined) return 0;
    const { round, applicationDigest } = found.chain;
    const digest = await this.application.restore(found.state);
    this.expect(digest, applicationDigest, `the checkpoint of round ${round}`);
    return round;
  }

  /** Applies the updates of rounds `from` to `wanted` - 1. */
  async to(wanted: number, from: number): Promise<void> {
    let round = from;
    if (round === wanted) return;
    for await (const { decision, seed } of this.history.decisions(from)) {
      const update = await this.store.update(round);
      if (update === undefined) throw this.withoutUpdate(round);
      const digest = await this.application.apply({ round, seed }, update);
      this.expect(digest, decision.outcome.applicationDigest, `the update of round ${round}`);
      if (++round === wanted) return;
    }
    throw withoutDecision(round);
  }

  private withoutUpdate(round: number): OperatorError {
    const { droppedBelow } = this.store;
    const why =
      round < droppedBelow
        ? `: updates of rounds before ${droppedBelow} were dropped by --keep, and with them the models after rounds before ${droppedBelow}`
        : '';
    return new OperatorError(`the ledger has no update of round ${round}${why}`);
  }

  async certificateOf(round: number): Promise<string> {
    const stored = await this.history.decision(round);
    if (stored === undefined) throw withoutDecision(round);
    return certificateDigest(stored.decision.certificate);
  }

  private expect(digest: string, certified: string, what: string): void {
    if (digest === certified) return;
    throw new OperatorError(`${what} must lead to the certified state ${certified}, got ${digest}`);
  }
}

function withoutDecision(round: number): OperatorError {
  return new OperatorError(`the ledger has no decision of round ${round}`);
}

/** Names one quorum's signatures; another peer may hold those of another quorum for the same decision. */
function certificateDigest(certificate: UnverifiedCertificate): string {
  const { round, attempt, view, anchor, value, signers, signatures } = certificate;
  return digestOf('synod/certificate', round, attempt, view, anchor, value, signers, ...signatures);
}
