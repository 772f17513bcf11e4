/**
 * What a seed stands for: how many peers of which kind, what the network does to their messages, who crashes when.
 * First a time of faults, then healing, then the demand that everyone gets on. The faulty peers (adversaries, those that
 * lose their disk and those that are gone for good) stay below a third of every committee. In a third of the seeds all
 * peers crash at once, one to four times, in a third half of them.
 */
import { toleranceOf } from '../src/committee/sampling.ts';
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import { BINDING_BYTES } from '../src/protocol/round/body-binding.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import { CHANGE_DELAY_ROUNDS } from '../src/protocol/limits.ts';
import { pickGroupCrashes, type Crash } from './crashes.ts';
import { chooseBehaviours, type Behaviour } from './behaviours.ts';
import type { Cut, LinkFaults } from './simulated-network.ts';
import { STRANGER_HABITS, type StrangerHabit } from './stranger.ts';
import { GENESIS_STATE_DIGEST, SURROGATE_BYTES } from './surrogate-application.ts';

export interface Scenario {
  readonly seed: number;
  readonly config: ProtocolConfig;
  readonly peers: readonly PeerId[];
  /** Per peer; empty for the honest. */
  readonly behaviours: readonly (readonly Behaviour[])[];
  /** Identities in the adversaries' hands that may get seats: with the faulty below a third of every committee. */
  readonly spare: readonly PeerId[];
  readonly links: LinkFaults;
  readonly cuts: readonly Cut[];
  readonly crashes: readonly Crash[];
  /** Peers that are down for good when the faults end; counted among the faulty. */
  readonly gone: readonly number[];
  readonly slowness: readonly number[];
  /** Per peer. */
  readonly starved: readonly Starved[];
  readonly clockRates: readonly number[];
  readonly writeMs: number;
  readonly workMs: number;
  /** What the application takes to change or read its state, and the disk to be read; zero: at once. */
  readonly changeMs: number;
  readonly readMs: number;
  /** When the faults end; adversaries and strangers go on. */
  readonly healMs: number;
  /** What somebody without a seat does; empty: there is none. */
  readonly stranger: readonly StrangerHabit[];
}

export interface Starved {
  /** What a copy that arrives costs its processor until the faults end. */
  readonly copyMs: number;
  /** What its gradient takes, about, at all times. */
  readonly gradientMs: number;
}

/** Which of a scenario's troubles are left in; what shrinking takes out. */
export interface Keep {
  readonly links: boolean;
  readonly cuts: boolean;
  readonly crashes: boolean;
  readonly slowness: boolean;
  readonly clocks: boolean;
  readonly adversaries: boolean;
  readonly strangers: boolean;
}

export const KEEP_ALL: Keep = {
  links: true,
  cuts: true,
  crashes: true,
  slowness: true,
  clocks: true,
  adversaries: true,
  strangers: true,
};

const TIMING = {
  collectMs: 300,
  collectMinMs: 60,
  proposeMs: 300,
  prevoteMs: 200,
  precommitMs: 200,
  growthMs: 150,
  rebroadcastMs: 400,
  catchUpMs: 1200,
};

export const LOSSLESS: LinkFaults = { latency: 'uniform', meanDelayMs: 20, loss: 0, duplication: 0 };

/** Identities that an adversary may bring in. */
export function spareNames(count: number): PeerId[] {
  return Array.from({ length: Math.min(4, count) }, (_, i) => `spare-${String(i).padStart(4, '0')}`);
}

/** A mix of troubles: what most seeds stand for. */
export function mixOf(seed: number, peerCount: number | undefined, keep: Keep): Scenario {
  const random = new SeededRandom(seed, 'scenario');
  const count = peerCount ?? 4 + random.nextBelow(7);
  const peers = Array.from({ length: count }, (_, i) => `peer-${String(i).padStart(4, '0')}`);
  const whole = random.next() < 0.4;
  const least = Math.min(4, count);
  const committeeSize = whole ? count : least + random.nextBelow(Math.min(count, 16) - least + 1);
  const faulty = random.nextBelow(toleranceOf(committeeSize) + 1);
  const healMs = 2000 + random.nextBelow(6000);
  const troubled = new Set(random.sample(count, faulty));
  const amnesiacs = new Set([...troubled].filter(() => random.next() < 0.2));
  const gone = new Set([...troubled].filter((peer) => !amnesiacs.has(peer) && random.next() < 0.2));
  const behaviours = peers.map((_, i) => {
    const chosen = chooseBehaviours(random);
    return troubled.has(i) && !amnesiacs.has(i) && !gone.has(i) && keep.adversaries ? chosen : [];
  });
  const links = pickLinks(random);
  const cuts = pickCuts(random, count, healMs);
  const whom = (['none', 'half', 'all'] as const)[random.nextBelow(3)] ?? 'none';
  const crashes = pickCrashes(random, count, healMs, amnesiacs);
  if (whom !== 'none') crashes.push(...pickGroupCrashes(random, count, healMs, whom));
  const slow = random.next() < 0.3;
  const slowness = peers.map(() => (random.next() < 0.25 ? 1 + 20 * random.next() : 1));
  const skewed = random.next() < 0.3;
  const clockRates = peers.map(() => 0.6 + random.next());
  const config: ProtocolConfig = {
    experiment: '5e'.repeat(32),
    genesis: { peers, seed: new Uint8Array(32).fill(seed & 0xff), applicationDigest: GENESIS_STATE_DIGEST },
    rounds: 1_000_000,
    cohortSizeAt: pickCohort(random, count),
    committeeSize,
    timing: TIMING,
    maxViews: 2 + random.nextBelow(3),
    maxOmissionShare: 0.34,
    minContributions: 1 + random.nextBelow(3),
    minSeats: Math.min(count, 4 + random.nextBelow(count)),
    inactivityCohorts: random.next() < 0.3 ? 3 + random.nextBelow(4) : 0,
    changeDelayRounds: random.next() < 0.5 ? CHANGE_DELAY_ROUNDS : 2 + random.nextBelow(4),
    admission: { policy: random.next() < 0.5 ? 'genesis' : 'open' },
    maxPeers: count + 4,
    checkpointRounds: 4 + random.nextBelow(12),
    maxContributionBytes: SURROGATE_BYTES + 8 + BINDING_BYTES,
    maxUpdateBytes: SURROGATE_BYTES,
    // in some runs so many updates are as long as a state that who is far behind applies them, as far as they are kept
    stateBytes: (seed % 4 === 0 ? 40 : 1) * SURROGATE_BYTES,
    inlineBytes: random.next() < 0.5 ? 0 : 1024,
  };
  const writeMs = random.next() < 0.5 ? 0 : 1 + random.nextBelow(20);
  const workMs = 10 + random.nextBelow(100);
  return {
    seed,
    config,
    peers,
    behaviours,
    spare: spareNames(toleranceOf(committeeSize) - faulty),
    links: keep.links ? links : LOSSLESS,
    cuts: keep.cuts ? cuts : [],
    crashes: keep.crashes ? crashes : [],
    gone: keep.crashes ? [...gone] : [],
    slowness: keep.slowness && slow ? slowness : peers.map(() => 1),
    starved: pickStarved(seed, peers.length, workMs, keep.slowness),
    clockRates: keep.clocks && skewed ? clockRates : peers.map(() => 1),
    writeMs,
    workMs,
    ...(keep.slowness ? pickDelays(seed) : NO_DELAYS),
    healMs,
    stranger: keep.strangers ? pickHabits(seed) : [],
  };
}

/** From draws of its own, so that a seed's other troubles are the same with and without a stranger. */
function pickHabits(seed: number): readonly StrangerHabit[] {
  const random = new SeededRandom(seed, 'stranger');
  if (random.next() >= STRANGER_SHARE) return [];
  return random
    .sample(STRANGER_HABITS.length, 1 + random.nextBelow(2))
    .map((i) => STRANGER_HABITS[i] as StrangerHabit);
}

const STRANGER_SHARE = 0.25;

const NO_DELAYS = { changeMs: 0, readMs: 0 };

/**
 * In half of the seeds; from draws of its own, like the strangers. What an application does mostly takes less than a phase
 * of a round, at times several: of large models a second step back begins while the first is on its way.
 */
function pickDelays(seed: number): Pick<Scenario, 'changeMs' | 'readMs'> {
  const random = new SeededRandom(seed, 'delays');
  if (random.next() < 0.5) return NO_DELAYS;
  const longestMs = random.next() < 0.3 ? 1500 : 200;
  return { changeMs: 1 + random.nextBelow(longestMs), readMs: random.nextBelow(20) };
}

/** In a fifth of the seeds some peers have little of a processor; from draws of its own. */
function pickStarved(seed: number, count: number, workMs: number, kept: boolean): Starved[] {
  const random = new SeededRandom(seed, 'starved');
  const isOn = random.next() < 0.2 && kept;
  return Array.from({ length: count }, () => {
    const [isStarved, copyMs, slower] = [random.next() < 0.3, 1 + random.nextBelow(50), 40 ** random.next()];
    return isOn && isStarved ? { copyMs, gradientMs: workMs * slower } : { copyMs: 0, gradientMs: workMs };
  });
}

function pickCohort(random: SeededRandom, count: number): ProtocolConfig['cohortSizeAt'] {
  const size = random.next() < 0.5 ? count : Math.max(2, random.nextBelow(count) + 1);
  const fullEvery = random.next() < 0.3 ? 5 : 0;
  return (_seed, round) => (fullEvery > 0 && round % fullEvery === 0 ? count : size);
}

function pickLinks(random: SeededRandom): LinkFaults {
  const shapes = ['constant', 'uniform', 'exponential', 'heavy-tailed'] as const;
  const losses = [0, 0.01, 0.05, 0.2, 0.4];
  return {
    latency: shapes[random.nextBelow(4)] ?? 'uniform',
    meanDelayMs: 5 + random.nextBelow(120),
    loss: losses[random.nextBelow(losses.length)] ?? 0,
    duplication: random.next() < 0.3 ? 0.1 : 0,
    ...(random.next() < 0.3 ? { lossByKind: pickSides(random) } : {}),
  };
}

/** What agreement hangs on is lost much more often than the rest. */
function pickSides(random: SeededRandom): NonNullable<LinkFaults['lossByKind']> {
  const some = (): number => (random.next() < 0.5 ? 0.9 * random.next() : 0);
  return {
    proposal: some() / 2,
    prevote: some() / 2,
    precommit: some(),
    decision: some(),
    abandon: some(),
    opening: some(),
    request: some(),
  };
}

/** Partitions in two, links that carry one way only, single peers cut off. */
function pickCuts(random: SeededRandom, count: number, healMs: number): Cut[] {
  const all = Array.from({ length: count }, (_, i) => i);
  // a few long ones, or many that are as short as a phase and so fall between a quorum and its announcement
  const short = random.next() < 0.4;
  const cuts = short ? 10 + random.nextBelow(30) : random.nextBelow(4);
  return Array.from({ length: cuts }, () => {
    const fromMs = random.nextBelow(healMs);
    const lastsMs = short ? 50 + random.nextBelow(500) : 500 + random.nextBelow(5000);
    const toMs = Math.min(healMs, fromMs + lastsMs);
    const side = new Set(random.sample(count, 1 + random.nextBelow(Math.max(1, count - 1))));
    const other = new Set(all.filter((peer) => !side.has(peer)));
    const oneWay = random.next() < 0.3;
    return oneWay
      ? [{ fromMs, toMs, from: side, to: other }]
      : [
          { fromMs, toMs, from: side, to: other },
          { fromMs, toMs, from: other, to: side },
        ];
  }).flat();
}

function pickCrashes(
  random: SeededRandom,
  count: number,
  healMs: number,
  amnesiacs: ReadonlySet<number>,
): Crash[] {
  const fuse = { kind: 'none' } as const;
  const crashes: Crash[] = Array.from({ length: random.nextBelow(4) }, () => ({
    peers: [random.nextBelow(count)],
    atMs: random.nextBelow(healMs),
    fuse,
    downMs: [100 + random.nextBelow(4000)],
    diskKept: true,
  })).filter(({ peers: [peer] }) => !amnesiacs.has(peer as number));
  for (const peer of amnesiacs) {
    crashes.push({
      peers: [peer],
      atMs: random.nextBelow(healMs),
      fuse,
      downMs: [100 + random.nextBelow(3000)],
      diskKept: false,
    });
  }
  return crashes;
}
