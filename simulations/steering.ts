/**
 * What colluding proposers gain by steering the draws, measured on the protocol's own seeds and draws: by withholding
 * their beacon proofs, and by choosing which of their joins and leaves a round lists.
 *
 * They know the seed of the round before its value is made, and while the first v proposers of a round are theirs, the
 * v seeds that these can give, what these draw, and so on: a tree that ends where an honest proposer's output is needed.
 * Each round they search that tree over the next `horizon` rounds for the sum of what they want, with tries at sets of
 * seats among their keys, take the best first step, and search again. Assumed in their favour: a declined proposal
 * costs nothing, and every value, an honest proposer's too, lists just the changes that they wish.
 */
import { sampleCommittee, toleranceOf } from '../src/committee/sampling.ts';
import { committeeFailure } from '../src/committee/committee-size.ts';
import { nextSeed } from '../src/crypto/beacon.ts';
import { digestOf, hashOf } from '../src/crypto/hash.ts';
import { toHex } from '../src/foundation/bytes.ts';
import { present } from '../src/foundation/assert.ts';
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import { MAX_JOINS_PER_VALUE, MAX_LEAVES_PER_VALUE } from '../src/messages/limits.ts';
import { CHANGE_DELAY_ROUNDS } from '../src/protocol/limits.ts';

/** `members`: as many of the committee as possible; `third`: a committee that is lost; `proposers`: its first views. */
export const AIMS = ['members', 'third', 'proposers'] as const;
export type Aim = (typeof AIMS)[number];

/** `leaves`: any of their B keys leave and come back; `joins`: they choose their B seats among 4 B keys. */
export const STRATEGIES = ['none', 'withhold', 'leaves', 'joins', 'all'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/**
 * `protocol`: as the protocol draws. Planted: `at-once` draws by score, but with the changes of the very round before;
 * `shuffled` in addition draws by a shuffle, in which one id more or less moves all others.
 */
export const DRAWS = ['protocol', 'at-once', 'shuffled'] as const;
export type Draw = (typeof DRAWS)[number];

export interface SteeringOptions {
  readonly peers: number;
  readonly byzantine: number;
  readonly committee: number;
  readonly rounds: number;
  readonly seed: number;
  readonly aim: Aim;
  readonly strategy: Strategy;
  readonly draw: Draw;
  /** Rounds that the search looks ahead. */
  readonly horizon: number;
  /** Sets of seats that it tries in a round. */
  readonly tries: number;
}

export interface Steering {
  /** Mean share of Byzantine members. */
  readonly share: number;
  /** Share of rounds whose committee has more of them than it tolerates. */
  readonly lost: number;
  /** Share of rounds whose first proposer is theirs. */
  readonly firstProposer: number;
  /** Proposers that declined, a round. */
  readonly declined: number;
  /** Joins and leaves of theirs, a round. */
  readonly changes: number;
}

type Keys = readonly string[];

/** What is known when a round's value is made. */
interface Position {
  readonly round: number;
  readonly seed: Uint8Array;
  readonly committee: readonly string[];
  /** Their keys with a seat before the round, and before the rounds before it, newest last. */
  readonly seats: readonly Keys[];
}

interface Step {
  readonly worth: number;
  /** The view whose author they let decide; undefined: they decline, and an honest one does. */
  readonly view: number | undefined;
  /** Their keys with a seat after the round. */
  readonly seats: Keys;
  readonly nextCommittee: readonly string[];
}

/** How many of the tried sets of seats are followed further. */
const BEAM = 2;

export function measureSteering(options: SteeringOptions): Steering {
  return new Adversary(options).play();
}

class Adversary {
  private readonly options: SteeringOptions;
  private readonly honest: Keys;
  private readonly keys: Keys;
  private readonly everyone: Keys;
  private readonly random: SeededRandom;
  private readonly delay: number;
  private readonly withholds: boolean;
  private readonly mean: number;
  private readonly orders = new Map<string, Keys>();

  constructor(options: SteeringOptions) {
    const { peers, byzantine, committee, strategy, draw, aim, seed } = options;
    // ids as keys give them: in no order, so that a key among others stands anywhere in a sorted list
    const named = (name: string, count: number): string[] =>
      Array.from({ length: count }, (_, i) => `${digestOf('steering', name, i).slice(0, 16)}-${name}`);
    this.options = options;
    this.honest = named('peer', peers - byzantine);
    this.keys = named('key', strategy === 'joins' || strategy === 'all' ? 4 * byzantine : byzantine);
    this.everyone = [...this.honest, ...this.keys];
    this.random = new SeededRandom(seed, 'steering');
    this.delay = draw === 'protocol' ? CHANGE_DELAY_ROUNDS : 1;
    this.withholds = strategy === 'withhold' || strategy === 'all';
    const means: { readonly [A in Aim]: number } = {
      members: (committee * byzantine) / peers,
      third: committeeFailure(peers, byzantine, committee),
      proposers: byzantine / (peers - byzantine),
    };
    this.mean = means[aim];
  }

  play(): Steering {
    const { committee: size, rounds, seed: start, byzantine } = this.options;
    const seed = hashOf('steering', start);
    const first = this.keys.slice(0, byzantine);
    let at: Position = { round: 0, seed, committee: this.draw(seed, first), seats: [first] };
    const sum = { share: 0, lost: 0, firstProposer: 0, declined: 0, changes: 0 };
    for (let round = 0; round < rounds; round++) {
      this.orders.clear();
      const theirs = at.committee.filter(isTheirs).length;
      sum.share += theirs / size;
      if (theirs > toleranceOf(size)) sum.lost += 1;
      if (leadOf(at.committee) > 0) sum.firstProposer += 1;
      const step = this.search(at, this.options.horizon);
      const author = step.view ?? leadOf(at.committee);
      sum.declined += author;
      const before = new Set(at.seats.at(-1));
      const joined = step.seats.filter((key) => !before.has(key)).length;
      sum.changes += joined + before.size - (step.seats.length - joined);
      at = this.after(at, step, author);
    }
    const { share, lost, firstProposer, declined, changes } = sum;
    return {
      share: share / rounds,
      lost: lost / rounds,
      firstProposer: firstProposer / rounds,
      declined: declined / rounds,
      changes: changes / rounds,
    };
  }

  /** A peer's output on a seed is one, whoever asks: a hash stands for the verifiable random function. */
  private after({ round, seed, committee, seats }: Position, step: Step, author: number): Position {
    const output = hashOf('output', present(committee[author % committee.length], 'author'), seed, round);
    return {
      round: round + 1,
      seed: nextSeed(seed, round, output),
      committee: step.nextCommittee,
      seats: [...seats, step.seats].slice(-CHANGE_DELAY_ROUNDS),
    };
  }

  /** The best first step towards what the known rounds ahead can bring; beyond them everything is as by chance. */
  private search(at: Position, depth: number): Step {
    const { seed, committee, seats } = at;
    const lead = leadOf(committee);
    // the draw of round r + 1 takes in what was decided `delay` rounds before it: with 1, what this round decides
    const settled = this.delay === 1 ? undefined : (seats.at(-(this.delay - 1)) ?? seats[0]);
    const steps = this.triesAt(seed, seats.at(-1) as Keys)
      .map((tried) => {
        const hoped = this.draw(seed, tried);
        return { tried, hoped, rank: this.worthOf(hoped) };
      })
      .sort((a, b) => b.rank - a.rank)
      // what a later draw makes of it nobody knows: then they go by what it would do to this one
      .slice(0, settled === undefined ? BEAM : 1);
    let best: Step | undefined;
    for (const { tried, hoped } of steps) {
      const nextCommittee = settled === undefined ? hoped : this.draw(seed, settled);
      const worth = this.worthOf(nextCommittee);
      const views = Array.from({ length: this.withholds ? lead : Math.min(1, lead) }, (_, view) => view);
      const authors = [...views, ...(this.withholds || lead === 0 ? [undefined] : [])];
      for (const view of authors) {
        const step = { worth, view, seats: tried, nextCommittee };
        const known = view !== undefined && depth > 1;
        const ahead = known ? this.search(this.after(at, step, view), depth - 1).worth : 0;
        if (best === undefined || worth + ahead > best.worth) best = { ...step, worth: worth + ahead };
      }
    }
    return present(best, 'step');
  }

  private worthOf(committee: Keys): number {
    const { aim, committee: size } = this.options;
    if (aim === 'proposers') return leadOf(committee) - this.mean;
    const theirs = committee.filter(isTheirs).length;
    return (aim === 'members' ? theirs : theirs > toleranceOf(size) ? 1 : 0) - this.mean;
  }

  private draw(seed: Uint8Array, seats: Keys): Keys {
    const { committee, draw } = this.options;
    if (draw === 'shuffled') return shuffled(seed, [...this.honest, ...seats], committee);
    const seated = new Set(seats);
    // whoever is left out moves nobody else, so one order of everyone serves every set of seats
    return this.orderOf(seed)
      .filter((peer) => !isTheirs(peer) || seated.has(peer))
      .slice(0, committee);
  }

  private orderOf(seed: Uint8Array): Keys {
    const name = toHex(seed);
    let order = this.orders.get(name);
    if (order === undefined) {
      order = sampleCommittee(seed, 0, this.everyone, this.everyone.length);
      this.orders.set(name, order);
    }
    return order;
  }

  /** Sets of seats that one value can lead to, the present one first. */
  private triesAt(seed: Uint8Array, now: Keys): Keys[] {
    const { strategy, tries, byzantine, draw } = this.options;
    if (strategy === 'none' || strategy === 'withhold') return [now];
    const seated = new Set(now);
    const free = this.keys.filter((key) => !seated.has(key));
    const sets: Keys[] = [now];
    if (strategy !== 'leaves' && draw !== 'shuffled') sets.push(this.bestScores(seed, now, free));
    while (sets.length < tries) {
      const leaving = 1 + this.random.nextBelow(Math.min(MAX_LEAVES_PER_VALUE, now.length - 1));
      const gone = new Set(this.random.sample(now.length, leaving).map((i) => now[i]));
      const stay = now.filter((key) => !gone.has(key));
      const room = Math.min(MAX_JOINS_PER_VALUE, byzantine - stay.length, free.length);
      // of those that leave, others may come back in the same round: leaves alone then cost seats for a round each
      const coming = this.random.sample(free.length, room).map((i) => free[i] as string);
      sets.push([...stay, ...coming]);
    }
    return sets;
  }

  /** The free keys that this seed draws first, in place of the seated ones that it draws last. */
  private bestScores(seed: Uint8Array, now: Keys, free: Keys): Keys {
    const place = new Map(this.orderOf(seed).map((peer, i) => [peer, i]));
    const byPlace = (a: string, b: string): number => (place.get(a) as number) - (place.get(b) as number);
    const best = [...free].sort(byPlace).slice(0, MAX_JOINS_PER_VALUE);
    const kept = [...now].sort(byPlace).slice(0, now.length);
    const leavable = new Set(kept.slice(-MAX_LEAVES_PER_VALUE));
    const staying = kept.filter((key) => !leavable.has(key));
    const chosen = [...best, ...leavable].sort(byPlace).slice(0, this.options.byzantine - staying.length);
    return [...staying, ...chosen];
  }
}

function isTheirs(peer: string): boolean {
  return peer.endsWith('key');
}

/** Proposers of theirs before the first honest one. */
function leadOf(committee: Keys): number {
  const lead = committee.findIndex((peer) => !isTheirs(peer));
  return lead === -1 ? committee.length : lead;
}

/** A draw without scores: each place takes one of those that are left, so all places hang on who stands in the list. */
function shuffled(seed: Uint8Array, peers: Keys, size: number): Keys {
  const sorted = [...peers].sort();
  const random = new SeededRandom(seed, 'synod/committee', 0);
  return random.sample(sorted.length, Math.min(size, sorted.length)).map((i) => sorted[i] as string);
}
