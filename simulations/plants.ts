/** Faults that are planted in the code, to show that the checkers see each of them. */
import { Rules, type OneHonestUse, type QuorumUse } from '../src/protocol/rules.ts';
import type { Pinned, RoundMemory } from '../src/protocol/saved-state.ts';
import { Verifier } from '../src/protocol/verification/verifier.ts';
import { nextSeed } from '../src/crypto/beacon.ts';
import type { Plant } from './run-seed.ts';

class NoLock extends Rules {
  override lockAllows(): boolean {
    return true;
  }
}

/** At one place, or at all of them. */
class QuorumOfHalf extends Rules {
  private readonly at: QuorumUse | undefined;

  constructor(at?: QuorumUse) {
    super();
    this.at = at;
  }

  override quorum(size: number, use: QuorumUse): number {
    return this.at === undefined || this.at === use ? Math.floor(size / 2) : super.quorum(size, use);
  }
}

export function quorumOfHalf(at: QuorumUse): Rules {
  return new QuorumOfHalf(at);
}

/** Takes as many as may all be Byzantine for enough that one is honest, at one place. */
class OneHonestTooFew extends Rules {
  private readonly at: OneHonestUse;

  constructor(at: OneHonestUse) {
    super();
    this.at = at;
  }

  override oneHonest(size: number, use: OneHonestUse): number {
    return super.oneHonest(size, use) - (use === this.at ? 1 : 0);
  }
}

export function oneHonestTooFew(at: OneHonestUse): Rules {
  return new OneHonestTooFew(at);
}

/** A peer that takes a stranger's word: for the round that others are at, and for who should be asked. */
class StrangersBelieved extends Rules {
  override readonly claimIntervalMs = 0;

  override mayFollow(): boolean {
    return true;
  }

  override mayLead(): boolean {
    return true;
  }

  override admits(): boolean {
    return true;
  }
}

class BeaconIgnored extends Verifier {
  override beacon: Verifier['beacon'] = (chain, _author, proof) => nextSeed(chain.seed, chain.round, proof);
}

class EvidenceUnchecked extends Verifier {
  override evidence: Verifier['evidence'] = () => undefined;
}

function withoutOpenings({ locked, valid, ...kept }: RoundMemory): RoundMemory {
  return {
    ...kept,
    ...(locked === undefined ? {} : { locked: withoutOpening(locked) }),
    ...(valid === undefined ? {} : { valid: withoutOpening(valid) }),
  };
}

function withoutOpening({ opened: _opened, ...kept }: Pinned): Pinned {
  return kept;
}

export const PLANTS = {
  'no lock': { rules: new NoLock() },
  'quorum of one half': { rules: new QuorumOfHalf() },
  'strangers believed': { rules: new StrangersBelieved() },
  'vote not persisted': { ledgerFaults: { remembers: () => undefined } },
  'opening of a lock not persisted': { ledgerFaults: { remembers: withoutOpenings } },
  'update not computed again': { computesUpdates: false },
  'changes drawn at once': { config: { changeDelayRounds: 1 } },
  'beacon ignored': { makeVerifier: (config, schemes, rules) => new BeaconIgnored(config, schemes, rules) },
  'evidence not checked': {
    makeVerifier: (config, schemes, rules) => new EvidenceUnchecked(config, schemes, rules),
  },
} as const satisfies Record<string, Plant>;
