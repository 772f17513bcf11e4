/**
 * What it would cost if workers showed their vectors only once all of the round are committed to them (docs/attacks.md),
 * in virtual time and without faults: each worker publishes its header alone, whose digest binds it, and its contribution
 * when the headers of the whole cohort are here. Not part of the protocol: it stands between machine and network.
 */
import type { Digest } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import { concatBytes } from '../src/foundation/bytes.ts';
import type { NetworkPort, PiecesFrom } from '../src/driver/environment.ts';
import { CalmNetwork, namesOf } from './calm-network.ts';
import type { SimulatedPeer } from './simulated-peer.ts';

/** Before a header that is a commitment: no message begins so. */
const COMMITMENT = 0xff;

export interface CommitRevealOptions {
  /** All of them are workers and members of every round. */
  readonly peers: number;
  readonly rounds: number;
  /** Mean time of a gradient; it is drawn between half and one and a half of it. */
  readonly gradientMs: number;
  /** How long one body takes on its receiver's line, one after the other; 0: bodies travel inside their headers. */
  readonly bodyMs: number;
  readonly commits: boolean;
}

export interface RoundCost {
  /** Virtual. */
  readonly secondsPerRound: number;
  /** Means a peer and round. */
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly violations: readonly string[];
}

export function measureCommitReveal(options: CommitRevealOptions): RoundCost {
  const { peers: count, rounds, gradientMs, bodyMs, commits } = options;
  const names = namesOf(count);
  const longestMs = 4 * gradientMs + 2 * count * bodyMs + 2_000;
  const experiment = new CalmNetwork(
    names,
    {
      inlineBytes: bodyMs === 0 ? 1024 : 0,
      timing: {
        collectMs: longestMs,
        collectMinMs: 60,
        proposeMs: longestMs,
        prevoteMs: longestMs,
        precommitMs: longestMs,
        growthMs: 100,
        rebroadcastMs: 10 * longestMs,
        catchUpMs: 10 * longestMs,
      },
    },
    names,
    gradientMs,
  );
  for (const name of names) {
    experiment.add(name, (port, peer) => {
      const lined = bodyMs === 0 ? port : behindLine(port, peer, bodyMs);
      return commits ? committing(lined, peer) : lined;
    });
  }
  experiment.start();
  const { network, world, checkers } = experiment;
  // the first rounds know nobody's usual time yet
  const first = 3;
  const total = (what: 'messages' | 'bytes'): number =>
    network.sent.reduce((sum, traffic) => sum + traffic[what], 0);
  const reach = (round: number): void => {
    if (!experiment.reach(round)) throw new Error(`round ${round} is not decided by everyone`);
  };
  reach(first);
  const before = { ms: world.now, messages: total('messages'), bytes: total('bytes') };
  for (let round = first + 1; round <= first + rounds; round++) reach(round);
  return {
    secondsPerRound: (world.now - before.ms) / 1000 / rounds,
    sentMessages: (total('messages') - before.messages) / rounds / count,
    sentBytes: (total('bytes') - before.bytes) / rounds / count,
    violations: checkers.violations,
  };
}

/** Bodies are pulled, and come in one after the other. */
function behindLine(port: NetworkPort, peer: SimulatedPeer, bodyMs: number): NetworkPort {
  const { world } = peer.setup;
  let freeAtMs = 0;
  return {
    ...port,
    push: () => undefined,
    reachable: () => [], // so that nobody waits for a push
    fetchBody: (digest, byteLength, from, done, kept) => {
      const received = (body: Uint8Array | undefined, pieces?: PiecesFrom): void => {
        freeAtMs = Math.max(world.now, freeAtMs) + bodyMs;
        world.schedule(freeAtMs - world.now, () => done(body, pieces));
      };
      port.fetchBody(digest, byteLength, from, received, kept);
    },
  };
}

/** The same network, on which contributions are held back until everyone's header is here. */
export function committing(port: NetworkPort, peer: SimulatedPeer): NetworkPort {
  const { codec, network } = peer.setup;
  /** Workers that are committed to something, by the state that it is signed on. */
  const committed = new Map<Digest, Set<PeerId>>();
  let held: { readonly anchor: Digest; readonly reveal: () => void } | undefined;
  let pushes: (() => void)[] = [];

  function commit(anchor: Digest, worker: PeerId): void {
    const workers = committed.get(anchor) ?? new Set();
    committed.set(anchor, workers.add(worker));
    for (const oldest of committed.keys()) if (committed.size > 2) committed.delete(oldest);
    const cohort = peer.machine?.roundMembers.cohort ?? [];
    if (held?.anchor !== anchor || !cohort.every((one) => workers.has(one))) return;
    const { reveal } = held;
    held = undefined;
    reveal();
  }

  return {
    ...port,
    open: (handlers) =>
      port.open({
        ...handlers,
        receive: (bytes, from, how) => {
          if (bytes[0] !== COMMITMENT) return handlers.receive(bytes, from, how);
          const header = codec.decode(bytes.subarray(1));
          if (header?.kind === 'contribution') commit(header.anchor, header.worker);
          return 'ignore';
        },
      }),
    push: (to, body) => void pushes.push(() => port.push(to, body)),
    publish: (channel, bytes) => {
      const message = codec.decode(bytes);
      if (message?.kind !== 'contribution' || message.worker !== peer.id) return port.publish(channel, bytes);
      const own = pushes;
      pushes = [];
      const reveal = (): void => {
        for (const push of own) push();
        port.publish(channel, bytes);
      };
      if (committed.get(message.anchor)?.has(peer.id) === true) {
        if (held === undefined) reveal(); // a repetition
        return;
      }
      held = { anchor: message.anchor, reveal };
      const { body: _body, ...header } = message;
      const commitment = concatBytes(Uint8Array.of(COMMITMENT), codec.encode(header));
      for (const to of network.audience(channel, peer.index)) {
        network.deliver(peer.index, to, commitment, peer.id);
      }
      commit(message.anchor, peer.id);
    },
  };
}
