/**
 * What a round costs a peer, by its part in it, in a simulated experiment without faults. A peer is outside a round's
 * committee where it serves in none of the rounds around it either, since members subscribe one round ahead.
 */
import { CalmNetwork, namesOf } from './calm-network.ts';

export interface TrafficOptions {
  readonly peers: number;
  readonly committee: number;
  readonly cohort: number;
  readonly rounds: number;
}

/** Means a peer and round. */
export interface PeerTraffic {
  readonly receivedBytes: number;
  readonly receivedMessages: number;
  readonly sentBytes: number;
  readonly sentMessages: number;
}

export interface TrafficReport {
  readonly rounds: number;
  readonly outside: PeerTraffic;
  readonly members: PeerTraffic;
  readonly violations: readonly string[];
  readonly virtualSeconds: number;
}

const NONE: PeerTraffic = { receivedBytes: 0, receivedMessages: 0, sentBytes: 0, sentMessages: 0 };
const NAMES = ['receivedBytes', 'receivedMessages', 'sentBytes', 'sentMessages'] as const;

export function measureTraffic(
  { peers, committee, cohort, rounds }: TrafficOptions,
  onRound: (round: number) => void = () => undefined,
): TrafficReport {
  const names = namesOf(peers);
  const experiment = new CalmNetwork(names, {
    committeeSize: committee,
    cohortSizeAt: () => cohort,
    inlineBytes: 1024,
  });
  for (const name of names) experiment.add(name);
  experiment.start();
  const { network, committees } = experiment;
  const seen = (): PeerTraffic[] =>
    names.map((_, i) => ({
      receivedBytes: network.received[i]?.bytes ?? 0,
      receivedMessages: network.received[i]?.messages ?? 0,
      sentBytes: network.sent[i]?.bytes ?? 0,
      sentMessages: network.sent[i]?.messages ?? 0,
    }));
  const snapshots = [seen()];
  for (let round = 1; round <= rounds + 1; round++) {
    if (!experiment.reach(round)) throw new Error(`round ${round} is not decided by everyone`);
    snapshots.push(seen());
    onRound(round);
  }
  const sums = { outside: { ...NONE }, members: { ...NONE } };
  const counts = { outside: 0, members: 0 };
  for (let round = 1; round < rounds; round++) {
    const near = new Set([round - 1, round, round + 1].flatMap((at) => committees.get(at) ?? []));
    const serving = new Set(committees.get(round));
    names.forEach((name, i) => {
      const part = serving.has(name) ? 'members' : near.has(name) ? undefined : 'outside';
      const [before, after] = [snapshots[round]?.[i] ?? NONE, snapshots[round + 1]?.[i] ?? NONE];
      if (part === undefined) return;
      counts[part] += 1;
      sums[part] = combine(sums[part], combine(after, before, -1), 1);
    });
  }
  return {
    rounds,
    outside: scaled(sums.outside, counts.outside),
    members: scaled(sums.members, counts.members),
    violations: experiment.checkers.violations,
    virtualSeconds: experiment.world.now / 1000,
  };
}

function combine(one: PeerTraffic, other: PeerTraffic, sign: 1 | -1): PeerTraffic {
  return Object.fromEntries(
    NAMES.map((name) => [name, one[name] + sign * other[name]]),
  ) as unknown as PeerTraffic;
}

function scaled(sum: PeerTraffic, count: number): PeerTraffic {
  return Object.fromEntries(NAMES.map((name) => [name, sum[name] / count])) as unknown as PeerTraffic;
}
