/**
 * Peers that go down: one, several or all of them at the same virtual moment, or each between two effects or writes of
 * its own. What a crash leaves is what was on the disk.
 */
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { SimulatedPeer, Step } from './simulated-peer.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface Crash {
  readonly peers: readonly number[];
  readonly atMs: number;
  /**
   * When after `atMs`: at once; all when the first of them is about to take such a step for the given time; or each
   * before that many steps of its own. Who is still up `LONGEST_FUSE_MS` later goes down then.
   */
  readonly fuse:
    | { readonly kind: 'none' }
    | { readonly kind: 'step'; readonly step: Step; readonly nth: number }
    | { readonly kind: 'own-steps'; readonly counts: readonly number[] };
  /** Of each of the peers, in their order. */
  readonly downMs: readonly number[];
  readonly diskKept: boolean;
}

const LONGEST_FUSE_MS = 1500;
/** Steps between which agreement hangs on what is on which disk. */
const TELLING_STEPS = [
  'adopt',
  'store',
  'publish',
  'verify',
  'write',
  'written',
  'decide',
  'rewind',
] as const;

export function scheduleCrash(world: VirtualWorld, peers: readonly SimulatedPeer[], crash: Crash): void {
  const victims = crash.peers.flatMap((index) => peers[index] ?? []);
  const down = (peer: SimulatedPeer): void => {
    peer.onStep = undefined;
    if (!peer.isUp) return;
    peer.crash(crash.diskKept);
    world.schedule(crash.downMs[victims.indexOf(peer)] ?? 0, () => {
      if (!peer.isUp) peer.start();
    });
  };
  const allDown = (): void => victims.forEach(down);
  const light = (): void => {
    const { fuse } = crash;
    if (fuse.kind === 'none') return allDown();
    let seen = 0;
    victims.forEach((peer, at) => {
      let own = fuse.kind === 'own-steps' ? (fuse.counts[at] ?? 0) : 0;
      peer.onStep = (step) => {
        if (fuse.kind === 'own-steps') {
          if (own-- <= 0) down(peer);
        } else if (step === fuse.step && ++seen >= fuse.nth) allDown();
      };
    });
    const lit = victims.map(({ onStep }) => onStep);
    world.schedule(LONGEST_FUSE_MS, () => {
      victims.forEach((peer, at) => {
        if (peer.onStep !== undefined && peer.onStep === lit[at]) down(peer);
      });
    });
  };
  world.schedule(crash.atMs, light);
}

/** One to four times everyone, or a half of the peers; sometimes again while they recover from the last time. */
export function pickGroupCrashes(
  random: SeededRandom,
  count: number,
  healMs: number,
  whom: 'all' | 'half',
): Crash[] {
  const crashes: Crash[] = [];
  let atMs = 200 + random.nextBelow(Math.max(1, healMs - 200));
  const times = 1 + random.nextBelow(4);
  while (crashes.length < times && atMs < healMs) {
    const peers =
      whom === 'all'
        ? Array.from({ length: count }, (_, i) => i)
        : random.sample(count, Math.ceil(count / 2));
    const together = random.next() < 0.5 ? random.nextBelow(500) : undefined;
    const downMs = peers.map(() => together ?? random.nextBelow(1500));
    crashes.push({ peers, atMs, fuse: pickFuse(random, peers.length), downMs, diskKept: true });
    atMs += Math.max(...downMs) + (random.next() < 0.5 ? random.nextBelow(400) : random.nextBelow(3000));
  }
  return crashes;
}

function pickFuse(random: SeededRandom, victims: number): Crash['fuse'] {
  const draw = random.next();
  if (draw < 0.3) return { kind: 'none' };
  if (draw < 0.6) {
    return { kind: 'own-steps', counts: Array.from({ length: victims }, () => random.nextBelow(60)) };
  }
  const step = TELLING_STEPS[random.nextBelow(TELLING_STEPS.length)] ?? 'adopt';
  return { kind: 'step', step, nth: 1 + random.nextBelow(step === 'adopt' || step === 'decide' ? 3 : 12) };
}
