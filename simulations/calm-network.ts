/** A simulated experiment without faults, to look at one thing in it. */
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import { BINDING_BYTES } from '../src/protocol/round/body-binding.ts';
import type { ProtocolConfig, Timing } from '../src/protocol/config.ts';
import type { Report, SkipReason } from '../src/protocol/effect.ts';
import { CHANGE_DELAY_ROUNDS } from '../src/protocol/limits.ts';
import { Verifier } from '../src/protocol/verification/verifier.ts';
import type { NetworkPort } from '../src/driver/environment.ts';
import { Checkers } from './checkers.ts';
import { fakeVerify, fakeVerifyRandomness } from './fake-schemes.ts';
import { RememberingCodec } from './remembering-codec.ts';
import { CALM_LINKS, SimulatedNetwork } from './simulated-network.ts';
import { SimulatedPeer } from './simulated-peer.ts';
import { GENESIS_STATE_DIGEST, SURROGATE_BYTES } from './surrogate-application.ts';
import { VirtualWorld } from './virtual-world.ts';

/** An experiment's defaults: a member that is gone could cost ten seconds. */
export const USUAL_TIMING: Timing = {
  collectMs: 10_000,
  collectMinMs: 250,
  proposeMs: 5000,
  prevoteMs: 2000,
  precommitMs: 2000,
  growthMs: 1000,
  rebroadcastMs: 2000,
  catchUpMs: 5000,
};

export function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `peer-${String(i).padStart(4, '0')}`);
}

export class CalmNetwork {
  readonly world = new VirtualWorld();
  readonly config: ProtocolConfig;
  readonly network: SimulatedNetwork;
  readonly checkers: Checkers;
  readonly peers: SimulatedPeer[] = [];
  /** Of the rounds that somebody has decided. */
  readonly committees = new Map<number, readonly string[]>();
  /** When each peer decided each round, virtual milliseconds. */
  readonly decidedAt = new Map<SimulatedPeer, Map<number, number>>();
  /** Why rounds that somebody has decided changed nothing. */
  readonly skipped = new Map<number, SkipReason>();
  /** Who contributed to the rounds that somebody has decided. */
  readonly contributors = new Map<number, readonly string[]>();
  private readonly events = new Map<SimulatedPeer, readonly Report['event'][]>();
  private readonly workMs: number;
  private readonly verifier: Verifier;
  private readonly codec: RememberingCodec;

  constructor(
    genesisPeers: readonly string[],
    changes: Partial<ProtocolConfig> = {},
    honest: readonly string[] = genesisPeers,
    /** Virtual time that a gradient takes, about. */
    workMs = 20,
  ) {
    this.workMs = workMs;
    this.config = {
      experiment: 'ca'.repeat(32),
      genesis: { peers: genesisPeers, seed: new Uint8Array(32), applicationDigest: GENESIS_STATE_DIGEST },
      rounds: 1_000_000,
      cohortSizeAt: () => genesisPeers.length,
      committeeSize: genesisPeers.length,
      timing: {
        collectMs: 300,
        collectMinMs: 60,
        proposeMs: 300,
        prevoteMs: 200,
        precommitMs: 200,
        growthMs: 100,
        rebroadcastMs: 400,
        catchUpMs: 1000,
      },
      maxViews: 3,
      maxOmissionShare: 0.34,
      minContributions: 1,
      inactivityCohorts: 0,
      minSeats: Math.min(4, genesisPeers.length),
      changeDelayRounds: CHANGE_DELAY_ROUNDS,
      admission: { policy: 'open' },
      maxPeers: genesisPeers.length + 4,
      checkpointRounds: 10,
      maxContributionBytes: SURROGATE_BYTES + BINDING_BYTES,
      maxUpdateBytes: SURROGATE_BYTES,
      stateBytes: SURROGATE_BYTES,
      inlineBytes: 0,
      ...changes,
    };
    this.codec = new RememberingCodec(this.config);
    const links = CALM_LINKS;
    const decode = (bytes: Uint8Array): ReturnType<RememberingCodec['decode']> => this.codec.decode(bytes);
    this.network = new SimulatedNetwork(this.world, new SeededRandom(1, 'calm'), links, [], decode);
    this.verifier = new Verifier(this.config, {
      signatures: { verify: fakeVerify },
      randomness: { verify: fakeVerifyRandomness },
    });
    this.checkers = new Checkers(this.config, honest);
  }

  add(
    id: string,
    corrupt?: (port: NetworkPort, peer: SimulatedPeer) => NetworkPort,
    /** Where its gradients take another time than everyone's. */
    gradientMs = this.workMs,
  ): SimulatedPeer {
    const { workMs, config, world, network, verifier, codec, checkers } = this;
    const random = new SeededRandom(1, 'calm', id);
    const honest = corrupt === undefined;
    const setup = {
      id,
      config,
      world,
      network,
      random,
      verifier,
      codec,
      clockRate: 1,
      writeMs: 1,
      workMs,
      gradientMs,
    };
    const peer: SimulatedPeer = new SimulatedPeer({
      ...setup,
      checkers: honest ? checkers : undefined,
      ...(honest ? {} : { corrupt }),
      onDecided: ({ round, committee, contributors, skipped }) => {
        if (skipped !== undefined) this.skipped.set(round, skipped);
        this.committees.set(round, committee);
        this.contributors.set(round, contributors);
        const times = this.decidedAt.get(peer) ?? new Map<number, number>();
        this.decidedAt.set(peer, times.set(round, world.now));
      },
      onReport: ({ event }) => void this.events.set(peer, [...this.reports(peer), event]),
    });
    this.peers.push(peer);
    return peer;
  }

  /** What a peer has reported so far, in order. */
  reports(peer: SimulatedPeer): readonly Report['event'][] {
    return this.events.get(peer) ?? [];
  }

  start(): this {
    for (const peer of this.peers) if (!peer.isUp) peer.start();
    return this;
  }

  /** Runs until the peers have all reached a round; false after two virtual minutes. */
  reach(round: number, peers: readonly SimulatedPeer[] = this.peers): boolean {
    return this.world.runUntil(this.world.now + 120_000, () => peers.every((peer) => peer.round >= round));
  }
}
