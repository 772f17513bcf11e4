/** What the protocol must know of an experiment. */
import { cohortSizeAt, experimentId, genesisSeed, type Experiment } from './experiment.ts';
import { BINDING_BYTES } from '../protocol/round/body-binding.ts';
import { minSeats } from './min-seats.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { CHANGE_DELAY_ROUNDS, INLINE_BYTES } from '../protocol/limits.ts';
import type { Digest } from '../crypto/hash.ts';

/** What follows from the model: known once the application is open. */
export interface ApplicationLimits {
  /** Digest of the state before round 0. */
  readonly stateDigest: Digest;
  readonly maxContributionBytes: number;
  readonly maxUpdateBytes: number;
  readonly stateByteLength: number;
}

export function protocolConfigOf(experiment: Experiment, application: ApplicationLimits): ProtocolConfig {
  return {
    experiment: experimentId(experiment),
    genesis: {
      peers: experiment.roster,
      seed: genesisSeed(experiment),
      applicationDigest: application.stateDigest,
    },
    rounds: experiment.rounds,
    cohortSizeAt: (seed, round) => cohortSizeAt(experiment, { round, seed }),
    committeeSize: experiment.committee.size,
    timing: experiment.timing,
    maxViews: experiment.maxViews,
    maxOmissionShare: experiment.maxOmissionShare,
    minContributions: experiment.cohort.minimum,
    inactivityCohorts: experiment.inactivityCohorts,
    minSeats: minSeats(experiment),
    changeDelayRounds: CHANGE_DELAY_ROUNDS,
    admission: experiment.admission,
    maxPeers: experiment.maxPeers,
    checkpointRounds: experiment.checkpointRounds,
    maxContributionBytes: application.maxContributionBytes + BINDING_BYTES,
    maxUpdateBytes: application.maxUpdateBytes,
    stateBytes: application.stateByteLength,
    inlineBytes: INLINE_BYTES,
  };
}
