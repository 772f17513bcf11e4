/** Plays one scenario: faults first, then healing, then everyone must get on. */
import { present } from '../src/foundation/assert.ts';
import { SeededRandom } from '../src/foundation/seeded-random.ts';
import { Rules } from '../src/protocol/rules.ts';
import type { VerifierSchemes } from '../src/protocol/verification/statement-verifier.ts';
import { Verifier } from '../src/protocol/verification/verifier.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import { corrupt } from './adversary.ts';
import { Checkers } from './checkers.ts';
import { fakeVerify, fakeVerifyRandomness } from './fake-schemes.ts';
import { RememberingCodec } from './remembering-codec.ts';
import type { Scenario } from './scenario.ts';
import type { LedgerFaults } from './simulated-ledger.ts';
import { CALM_LINKS, SimulatedNetwork } from './simulated-network.ts';
import { scheduleCrash } from './crashes.ts';
import { SimulatedPeer } from './simulated-peer.ts';
import { Stranger } from './stranger.ts';
import { VirtualWorld } from './virtual-world.ts';

/** Rounds that everyone must have decided after healing, beyond the furthest at that time. */
const ROUNDS_AFTER_HEALING = 3;
/** The views within which each round after healing must be decided. */
const VIEWS_AFTER_HEALING = 24;
/** Virtual time for it: views grow, and so do their time-outs. */
const PATIENCE_MS = 240_000;
const MEASURE_EVERY_MS = 500;

/** A fault in the code itself, to show that the checkers see it. */
export interface Plant {
  readonly rules?: Rules;
  readonly makeVerifier?: (config: ProtocolConfig, schemes: VerifierSchemes, rules: Rules) => Verifier;
  readonly ledgerFaults?: LedgerFaults;
  readonly computesUpdates?: boolean;
  /** What the machines believe, and the checkers do not. */
  readonly config?: Partial<ProtocolConfig>;
}

export interface SeedResult {
  readonly seed: number;
  readonly rounds: number;
  readonly violations: readonly string[];
  /** Why somebody did not get on, where somebody did not. */
  readonly stall?: string;
  readonly traceDigest: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly maxView: number;
  readonly attemptsOpened: number;
  readonly steppedBack: number;
}

export function runScenario(scenario: Scenario, plant: Plant = {}): SeedResult {
  const { seed, behaviours, healMs } = scenario;
  const config = { ...scenario.config, ...plant.config };
  const world = new VirtualWorld();
  const honest = scenario.peers.filter((_, i) => behaviours[i]?.length === 0);
  const checkers = new Checkers(scenario.config, honest);
  const schemes = { signatures: { verify: fakeVerify }, randomness: { verify: fakeVerifyRandomness } };
  const rules = plant.rules ?? new Rules();
  const verifier = plant.makeVerifier?.(config, schemes, rules) ?? new Verifier(config, schemes, rules);
  const codec = new RememberingCodec(config);
  const network = new SimulatedNetwork(
    world,
    new SeededRandom(seed, 'network'),
    scenario.links,
    scenario.cuts,
    (bytes) => codec.decode(bytes),
  );
  const peers = scenario.peers.map((id, i) => {
    const kinds = behaviours[i] ?? [];
    const random = new SeededRandom(seed, 'peer', i);
    return new SimulatedPeer({
      id,
      config,
      world,
      network,
      random,
      verifier,
      codec,
      checkers: kinds.length === 0 ? checkers : undefined,
      clockRate: scenario.clockRates[i] ?? 1,
      writeMs: scenario.writeMs,
      workMs: scenario.workMs,
      ...(scenario.starved[i] && { gradientMs: scenario.starved[i].gradientMs }),
      changeMs: scenario.changeMs,
      readMs: scenario.readMs,
      ...(plant.ledgerFaults === undefined ? {} : { ledgerFaults: plant.ledgerFaults }),
      ...(plant.computesUpdates === undefined ? {} : { computesUpdates: plant.computesUpdates }),
      ...(kinds.length === 0
        ? {}
        : {
            corrupt: (port, peer) =>
              corrupt(port, peer, network, kinds, new SeededRandom(seed, 'adversary', i), scenario.spare),
          }),
    });
  });
  const { gone } = scenario;
  const good = peers.filter(({ id, index }) => honest.includes(id) && !gone.includes(index));
  scenario.slowness.forEach((factor, i) => (network.slowness[i] = factor));
  scenario.starved.forEach(({ copyMs }, i) => (present(network.processors[i], 'processor').costMs = copyMs));
  for (const peer of peers) world.schedule(0, () => peer.start());
  if (scenario.stranger.length > 0) {
    const random = new SeededRandom(seed, 'stranger', 'speech');
    new Stranger({ config, codec, world, network, random }, scenario.stranger).start();
  }
  for (const crash of scenario.crashes) scheduleCrash(world, peers, crash);
  const measure = (): void => {
    for (const peer of good) if (peer.machine !== undefined) checkers.measured(peer.id, peer.machine.sizes());
    world.schedule(MEASURE_EVERY_MS, measure);
  };
  measure();

  world.runUntil(healMs, () => checkers.violations.length > 0);
  network.links = CALM_LINKS;
  network.slowness.fill(1);
  for (const processor of network.processors) processor.costMs = 0;
  for (const peer of peers) {
    peer.onStep = undefined;
    if (gone.includes(peer.index)) peer.crash(true);
    else if (!peer.isUp) peer.start();
  }
  const target = Math.max(...good.map(({ round }) => round)) + ROUNDS_AFTER_HEALING;
  const maxViewBefore = checkers.maxView;
  const isDone = (): boolean =>
    checkers.violations.length > 0 || good.every(({ id }) => checkers.headOf(id) >= target);
  const live = world.runUntil(healMs + PATIENCE_MS, isDone);
  checkers.compareChains(new Set(gone.map((index) => scenario.peers[index] ?? '')));
  const behind = good.filter(({ id }) => checkers.headOf(id) < target);
  const stalled = !live && checkers.violations.length === 0;
  const views = Math.max(0, checkers.maxView - maxViewBefore);
  const slow =
    views > VIEWS_AFTER_HEALING ? `a round took ${checkers.maxView} views after healing` : undefined;
  const stall = stalled
    ? `${behind.map(({ id, round }) => `${id} at ${round}`).join(', ')}; everyone was to reach ${target}`
    : slow;
  return {
    seed,
    rounds: Math.max(...good.map(({ id }) => checkers.headOf(id))),
    violations: checkers.violations,
    ...(stall === undefined ? {} : { stall }),
    traceDigest: world.traceDigest,
    events: world.eventCount,
    virtualMs: Math.round(world.now),
    maxView: checkers.maxView,
    attemptsOpened: checkers.attemptsOpened,
    steppedBack: checkers.steppedBack,
  };
}
