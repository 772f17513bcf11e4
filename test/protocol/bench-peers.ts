/** Machines without an environment, for step tables: keys are the simulator's, effects are looked at one by one. */
import { genesisChain } from '../../src/protocol/chain/chain.ts';
import type { ProtocolConfig } from '../../src/protocol/config.ts';
import type { Effect } from '../../src/protocol/effect.ts';
import type { Input } from '../../src/protocol/input.ts';
import { Machine } from '../../src/protocol/machine.ts';
import { Outbox } from '../../src/protocol/outbox.ts';
import { Rules } from '../../src/protocol/rules.ts';
import { Verifier } from '../../src/protocol/verification/verifier.ts';
import type { SavedState } from '../../src/protocol/saved-state.ts';
import {
  fakeRandomness,
  fakeSignatures,
  fakeVerify,
  fakeVerifyRandomness,
} from '../../simulations/fake-schemes.ts';

export const PEERS = ['peer-a', 'peer-b', 'peer-c', 'peer-d'] as const;
export const SEVEN = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;

export function configOf(changes: Partial<ProtocolConfig> = {}): ProtocolConfig {
  return {
    experiment: '5e'.repeat(32),
    genesis: { peers: PEERS, seed: new Uint8Array(32), applicationDigest: 'aa'.repeat(32) },
    rounds: 100,
    cohortSizeAt: () => PEERS.length,
    committeeSize: PEERS.length,
    timing: {
      collectMs: 100,
      collectMinMs: 20,
      proposeMs: 100,
      prevoteMs: 100,
      precommitMs: 100,
      growthMs: 10,
      rebroadcastMs: 50,
      catchUpMs: 500,
    },
    maxViews: 3,
    maxOmissionShare: 0.3,
    minContributions: 1,
    inactivityCohorts: 0,
    minSeats: PEERS.length,
    changeDelayRounds: 3,
    admission: { policy: 'genesis' },
    maxPeers: 8,
    checkpointRounds: 4,
    maxContributionBytes: 64,
    maxUpdateBytes: 64,
    stateBytes: 64,
    inlineBytes: 0,
    ...changes,
  };
}

export function verifierOf(config: ProtocolConfig, rules = new Rules()): Verifier {
  const schemes = { signatures: { verify: fakeVerify }, randomness: { verify: fakeVerifyRandomness } };
  return new Verifier(config, schemes, rules);
}

/** What a part of a machine works with, for a part that stands alone. */
export function outboxOf(config: ProtocolConfig, self: string, rules = new Rules()): Outbox {
  const keys = { self, signatures: fakeSignatures(self), randomness: fakeRandomness(self) };
  return new Outbox(config, verifierOf(config, rules), keys);
}

export const FRESH: SavedState = { decisions: [], memories: [], amnesiac: false };

export function machineOf(config: ProtocolConfig, self: string): Machine {
  return new Machine(config, {
    self,
    signatures: fakeSignatures(self),
    randomness: fakeRandomness(self),
    verifier: verifierOf(config),
  });
}

/** Seven peers, four of them on the first committee of a round, all on the second. */
export function configOfSeven(changes: Partial<ProtocolConfig> = {}): ProtocolConfig {
  const { genesis } = configOf();
  return configOf({
    genesis: { ...genesis, peers: SEVEN },
    committeeSize: 4,
    cohortSizeAt: () => 7,
    ...changes,
  });
}

/** Steps, and answers what the application would: the own contribution is trained at once. */
export function started(machine: Machine, saved: SavedState = FRESH): readonly Effect[] {
  const { applicationDigest, round } = genesisChain(machine.config);
  machine.step({ type: 'start', saved });
  return machine.step({ type: 'rebuilt', round, applicationDigest });
}

/** All effects, those held back behind a store included, in order. */
export function flat(effects: readonly Effect[]): Effect[] {
  return effects.flatMap((effect) => (effect.type === 'store' ? [effect, ...flat(effect.then)] : [effect]));
}

export function of<T extends Effect['type']>(
  effects: readonly Effect[],
  type: T,
): Extract<Effect, { type: T }>[] {
  return flat(effects).filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
}

export type { Input };
