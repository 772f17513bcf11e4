/**
 * What Byzantine proposers gain by withholding their beacon proofs, measured on the protocol's own seeds and draws.
 * They collude: while the first v proposers of a round are theirs, they know the v seeds that these can give, take the
 * one that serves them best, or decline them all and take what the first honest proposer gives, which they cannot know.
 * Assumed: declining costs them nothing, which favours them; nobody plans beyond the next committee.
 */
import { sampleCommittee, toleranceOf } from '../src/committee/sampling.ts';
import { nextSeed } from '../src/crypto/beacon.ts';
import { hashOf } from '../src/crypto/hash.ts';
import { present } from '../src/foundation/assert.ts';

/** `members`: as many of the committee as possible; `third`: a committee that is lost; `proposers`: its first views. */
export const AIMS = ['none', 'members', 'third', 'proposers'] as const;
export type Aim = (typeof AIMS)[number];

export interface BiasOptions {
  readonly peers: number;
  readonly byzantine: number;
  readonly committee: number;
  readonly rounds: number;
  readonly seed: number;
  readonly aim: Aim;
}

export interface Bias {
  /** Mean share of Byzantine members. */
  readonly share: number;
  /** Share of rounds whose committee has more of them than it tolerates. */
  readonly lost: number;
  /** Share of rounds whose first proposer is theirs. */
  readonly firstProposer: number;
  /** Proposers that declined, a round. */
  readonly declined: number;
}

interface Draw {
  readonly seed: Uint8Array;
  readonly isByzantine: readonly boolean[];
  readonly count: number;
}

export function measureBias({ peers, byzantine, committee, rounds, seed, aim }: BiasOptions): Bias {
  const roster = Array.from({ length: peers }, (_, i) => `peer-${String(i).padStart(6, '0')}`);
  const bad = new Set(roster.slice(0, byzantine));
  const drawn = (from: Uint8Array): Draw => {
    const isByzantine = sampleCommittee(from, 0, roster, committee).map((peer) => bad.has(peer));
    return { seed: from, isByzantine, count: isByzantine.filter(Boolean).length };
  };
  const tolerance = toleranceOf(committee);
  const expected = (committee * byzantine) / peers;
  const worth = ({ isByzantine, count }: Draw): number => {
    if (aim === 'members') return count - expected;
    if (aim === 'third') return count > tolerance ? 1 : -1;
    return isByzantine.indexOf(false) - byzantine / (peers - byzantine);
  };
  let now = drawn(hashOf('beacon-bias', seed));
  const sum = { share: 0, lost: 0, firstProposer: 0, declined: 0 };
  for (let round = 0; round < rounds; round++) {
    sum.share += now.count / committee;
    if (now.count > tolerance) sum.lost += 1;
    if (now.isByzantine[0] === true) sum.firstProposer += 1;
    const members = sampleCommittee(now.seed, 0, roster, committee);
    const leading = now.isByzantine.indexOf(false);
    const own = leading === -1 ? committee : leading;
    // a peer's output on a seed is one, whoever asks: a hash stands for the verifiable random function
    const outcomeOf = (view: number): Draw => {
      const output = hashOf('output', present(members[view], 'member'), now.seed, round);
      return drawn(nextSeed(now.seed, round, output));
    };
    const options = Array.from({ length: own }, (_, view) => ({ view, draw: outcomeOf(view) }));
    const best = options.reduce<(typeof options)[number] | undefined>(
      (one, other) => (one === undefined || worth(other.draw) > worth(one.draw) ? other : one),
      undefined,
    );
    const takes =
      aim === 'none'
        ? options[0]
        : best !== undefined && (worth(best.draw) > 0 || own === committee)
          ? best
          : undefined;
    sum.declined += takes?.view ?? own;
    now = takes?.draw ?? outcomeOf(own);
  }
  const { share, lost, firstProposer, declined } = sum;
  return {
    share: share / rounds,
    lost: lost / rounds,
    firstProposer: firstProposer / rounds,
    declined: declined / rounds,
  };
}
