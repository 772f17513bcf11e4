/**
 * A run without a network, in which every message arrives at once and every first proposer decides: the same sampling,
 * estimation, compression, aggregation and beacon as on the wire, hence the same state digests as a fault-free run of
 * real peers. Baselines and reproductions run on it.
 */
import { proposerOf, sampleCohort, sampleCommittee } from '../src/committee/sampling.ts';
import { cohortSizeAt, experimentId, genesisSeed, type Experiment } from '../src/config/experiment.ts';
import { beaconInput, nextSeed } from '../src/crypto/beacon.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { VerifiableRandomness } from '../src/crypto/schemes.ts';
import { present } from '../src/foundation/assert.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { Contribution } from '../src/round/contribution-rows.ts';
import type { OpenTraining } from '../src/learning/open-training.ts';
import { digestOfState } from '../src/round/receiver-round.ts';

export interface IdealRunOptions {
  readonly experiment: Experiment;
  readonly training: OpenTraining;
  /** Each roster peer's verifiable randomness: the beacon is the real one. */
  readonly randomness: ReadonlyMap<PeerId, Pick<VerifiableRandomness, 'prove'>>;
  readonly byzantine: readonly PeerId[];
  /** As `parseAttack` reads it. */
  readonly attack?: unknown;
  readonly signal?: AbortSignal;
  readonly onRound?: (round: number) => void;
}

export interface IdealRun {
  readonly rounds: number;
  readonly stateDigest: Digest;
  readonly parameters: Float32Array;
  /** The application's digest after each round. */
  readonly digests: readonly Digest[];
}

export async function runIdeally(options: IdealRunOptions): Promise<IdealRun> {
  const { experiment, training, byzantine, attack, signal = new AbortController().signal } = options;
  const { roster } = experiment;
  const requests = roster.map((self, shard) => {
    const corrupted = attack !== undefined && byzantine.includes(self);
    return corrupted ? { self, shard, attack, byzantine } : { self, shard };
  });
  const created = await training.createApplications(requests);
  const applications = new Map(roster.map((self, i) => [self, present(created[i], self)]));
  const witness = present(created[0], 'a peer');
  let { state } = witness;
  let seed = genesisSeed(experiment);
  let previousSeed = seed;
  const digests: Digest[] = [];

  for (let round = 0; round < experiment.rounds; round++) {
    signal.throwIfAborted();
    const context = { round, seed };
    const cohort = sampleCohort(seed, roster, cohortSizeAt(experiment, context)).sort();
    const contributions = await Promise.all(
      cohort.map(async (worker): Promise<Contribution> => {
        const body = await present(applications.get(worker), worker).train(context, signal);
        return { worker, body };
      }),
    );
    // as on the wire: what does not decode to finite numbers is refused, and too few of the rest change nothing
    const valid = contributions.filter(
      (contribution) => training.receiver.check(state, context, contribution) === undefined,
    );
    const counted = valid.length < experiment.cohort.minimum ? [] : valid;
    const { next } = training.receiver.aggregate(state, context, counted);
    for (const application of applications.values()) application.adopt(next);
    ({ state } = witness);
    digests.push(witness.stateDigest);
    const proposer = proposerOf(sampleCommittee(previousSeed, 0, roster, experiment.committee.size), 0);
    const input = beaconInput(experimentId(experiment), seed, round);
    const { output } = present(options.randomness.get(proposer), proposer).prove(input);
    previousSeed = seed;
    seed = nextSeed(seed, round, output);
    options.onRound?.(round);
  }
  return {
    rounds: experiment.rounds,
    stateDigest: digestOfState(state),
    parameters: state.parameters,
    digests,
  };
}
