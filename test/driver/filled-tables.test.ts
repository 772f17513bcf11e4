import assert from 'node:assert/strict';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { hashOf } from '../../src/crypto/hash.ts';
import { toHex } from '../../src/foundation/bytes.ts';
import type { HeldTable } from '../../src/foundation/held-table.ts';
import type { Message } from '../../src/messages/message.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { guardGossip } from '../../src/network/gossip-guard.ts';
import { GossipRelays } from '../../src/network/gossip-relays.ts';
import { MAX_WATCHED_RELAYS } from '../../src/network/limits.ts';
import { PeerBook } from '../../src/network/peer-book.ts';
import { PeerBudget } from '../../src/network/peer-budget.ts';
import { PeerConduct } from '../../src/network/peer-conduct.ts';
import { PayloadMemory } from '../../src/network/payload-memory.ts';
import { RequestQuota } from '../../src/network/request-quota.ts';
import { joinBytes, voteBytes } from '../../src/protocol/verification/statements.ts';
import { Answers } from '../../src/driver/answers.ts';
import { BodyCache } from '../../src/driver/body-cache.ts';
import { HELD_TABLES, type HeldName } from '../../src/driver/held-tables.ts';
import type { LedgerPort } from '../../src/driver/ledger-port.ts';
import {
  LEAST_CACHE_BYTES,
  MAX_HELD_PUSHED_BYTES,
  MAX_PUSHED_BODY_BYTES,
  roundBodyBytes,
  cacheLimits,
} from '../../src/driver/limits.ts';
import { PushedBodies } from '../../src/driver/pushed-bodies.ts';
import { BEHAVIOURS } from '../../simulations/behaviours.ts';
import { fakeSignatures } from '../../simulations/fake-schemes.ts';
import { runScenario } from '../../simulations/run-seed.ts';
import { scenarioOf } from '../../simulations/traps.ts';
import { STRANGER_HABITS } from '../../simulations/stranger.ts';
import { configOf, machineOf, PEERS, started } from '../protocol/bench-peers.ts';
import { forgedDecision } from '../hostile/forged-messages.ts';

const config = configOf();
const scale = { ...config, roundBodyBytes: roundBodyBytes(config, config.maxPeers) };
const digestOf = (number: number): string => toHex(hashOf('filled tables', number));

/** More pushed bodies than fit, of many seats. */
function pushed(): number {
  const bodies = new PushedBodies();
  bodies.open(true);
  for (let i = 0; i <= MAX_HELD_PUSHED_BYTES / MAX_PUSHED_BODY_BYTES; i++) {
    const body = new Uint8Array(MAX_PUSHED_BODY_BYTES);
    body[i % body.length] = 1;
    bodies.put(`seat-${i}`, body);
  }
  return bodies.bytes;
}

/** A machine that was told all of it, and how full its tables are then. */
function told(
  messages: readonly Message[],
  changes: Parameters<typeof configOf>[0] = {},
): Record<string, number> {
  const machine = machineOf(configOf(changes), PEERS[0]);
  started(machine);
  messages.forEach((message, i) => machine.step({ type: 'message', message, from: `neighbour-${i}` }));
  return machine.sizes();
}

function signedVote(voter: string, round: number, view: number): Message {
  const at = { phase: 'prevote', round, attempt: 0, view, anchor: digestOf(0) } as const;
  const signature = fakeSignatures(voter).sign(voteBytes(scale.experiment, at, null));
  return { kind: 'vote', ...at, voter, value: null, signature };
}

function signedJoin(peer: string): Message {
  const signature = fakeSignatures(peer).sign(joinBytes(scale.experiment, peer, 0));
  return { kind: 'join', peer, round: 0, signature };
}

/** Answers to a thousand questions, from a ledger that has everything. */
function answering(): Record<string, number> {
  const codec = new MessageCodec(scale);
  const ledger = {
    decisions: (from, limit, done) =>
      done(
        Array.from({ length: limit }, (_, i) => ({
          decision: forgedDecision(from + i, PEERS[0]),
          seed: new Uint8Array(32),
        })),
      ),
    updateByDigest: (_digest, done) => done(undefined),
    contribution: (_digest, done) => done(undefined),
  } as Pick<LedgerPort, 'decisions' | 'updateByDigest' | 'contribution'> as LedgerPort;
  const answers = new Answers({
    ledger,
    codec,
    cache: new BodyCache(() => ({ bytes: 1, bodies: 1 })),
    headRound: () => 100_000,
  });
  for (let i = 0; i < 1_000; i++) {
    const decisions = codec.encodeRequest({ kind: 'decisions', fromRound: 32 * i });
    answers.answer(decisions, 'stranger', () => undefined);
  }
  return answers.sizes();
}

/** What gossipsub remembers, and what waits in front of it, when strangers send far more than they may. */
async function guarded(): Promise<{ readonly seen: number; readonly paced: number }> {
  const entries = new Map<string, unknown>();
  const seenCache = {
    entries,
    has: (id: string) => entries.has(id),
    put: (id: string) => entries.size === entries.set(id, true).size,
  };
  const gossip = {
    seenCache,
    msgIdToStrFn: (id: Uint8Array) => toHex(id),
    handleReceivedRpc: () => Promise.resolve(),
    sendRpc: () => true,
    backoff: new Map(),
    opts: { heartbeatInterval: 700 },
  } as unknown as GossipSub;
  const budget = new PeerBudget();
  budget.useSeats(() => false);
  const stop = new AbortController();
  const guard = guardGossip(gossip, {
    budget,
    signal: stop.signal,
    hasRoom: () => true,
    standing: () => 'unknown',
    onFlood: () => undefined,
    onOverrun: () => undefined,
  });
  for (let i = 0; i < 300_000; i++) seenCache.put(String(i));
  const frame = {
    subscriptions: [],
    messages: Array.from({ length: 40 }, () => ({ topic: 't', data: new Uint8Array(100_000) })),
  };
  const waiting = Array.from({ length: 40 }, (_, i) => {
    const peer = { toString: () => `stranger ${i % 4}` } as Parameters<GossipSub['handleReceivedRpc']>[0];
    return gossip.handleReceivedRpc(peer, frame);
  });
  const paced = guard.pacedBytes();
  stop.abort();
  await Promise.all(waiting);
  return { seen: entries.size, paced };
}

/** More messages than are watched, passed on to one neighbour that shows none of them. */
function passed(): number {
  const relays = new GossipRelays<number>();
  for (let i = 0; i < 2 * MAX_WATCHED_RELAYS; i++) relays.offer('neighbour', digestOf(i), 'source', i, 0);
  return relays.size;
}

/** Seeds with every behaviour of a seat and every habit of a stranger; the simulator holds each peer to the same table. */
function simulated(): number {
  for (let seed = 0; seed < BEHAVIOURS.length; seed += 3) {
    const scenario = scenarioOf(seed, 7);
    const behaviours = scenario.peers.map((_, i) => (i === 6 ? BEHAVIOURS.slice(seed, seed + 3) : []));
    const result = runScenario({ ...scenario, behaviours, stranger: STRANGER_HABITS });
    assert.deepEqual(result.violations, [], `seed ${seed}`);
  }
  return 0;
}

/** Those that need a wire are filled over one: test/network/budget-gate.test.ts, test/network/hostile.test.ts. */
type Filled = Exclude<HeldName, 'connections' | 'verdicts' | 'unsent-bytes'>;

/** For each table: how full it is when others have brought more than it may hold. */
function fillers(): Readonly<Record<Filled, () => number | Promise<number>>> {
  let played: number | undefined;
  const inSimulation = (): number => (played ??= simulated());
  const requests = (): number => {
    const quota = new RequestQuota(new PeerBudget(), {
      onRefused: () => undefined,
      onSilent: () => undefined,
    });
    for (let i = 0; i < 1_000; i++) quota.enter(`seat ${i}`);
    return quota.size;
  };
  const book = (): number => {
    const known = new PeerBook('self', true);
    for (let i = 0; i < 3_000; i++) {
      const id = `12D3KooW${String(i).padStart(44, '1').replaceAll('0', 'z')}`;
      known.learn(`/ip4/192.0.2.1/tcp/1/p2p/${id}`, `source ${i % 30}`);
    }
    return known.size;
  };
  const memory = (): number => {
    const payloads = new PayloadMemory(1_000);
    for (let i = 0; i < 40_000; i++) payloads.decide(String(i), 'accept', i);
    return payloads.size;
  };
  const conduct = (): number => {
    const records = new PeerConduct({ onBan: () => undefined });
    for (let i = 0; i < 10_000; i++) records.penalize(String(i), 10, 'x', 0);
    return records.size;
  };
  const accounts = (): number => {
    const budget = new PeerBudget();
    budget.useSeats(() => false);
    for (let i = 0; i < 20_000; i++) budget.charge(String(i), 'judgements', 1);
    return budget.size;
  };
  const cache = (): number => {
    const bodies = new BodyCache(() => ({ bytes: LEAST_CACHE_BYTES, bodies: 1_000 }));
    for (let i = 0; i < 100; i++) bodies.put(digestOf(i), new Uint8Array(1 << 20).fill(i));
    return bodies.bytes;
  };
  const smallBodies = (): number => {
    const bodies = new BodyCache(() => cacheLimits(config)(config.maxPeers));
    // names of their own: equal ones mean equal bodies, and these are in memory beside those above
    for (let i = 0; i < 2_000; i++) bodies.put(digestOf(10_000 + i), new Uint8Array(4));
    return bodies.size;
  };
  const many = Array.from({ length: 1_000 }, (_, i) => i);
  const earlyVotes = PEERS.flatMap((peer) => many.map((view) => signedVote(peer, 1, view)));
  const joins = many.map((i) => signedJoin(`joiner-${i}`));
  const byNobody = many.map((i) => forgedDecision(900 + i, 'nobody'));
  return {
    early: () => told(earlyVotes)['early'] ?? -1,
    pending: () => told(joins, { admission: { policy: 'open' }, maxPeers: 10_000 })['pending'] ?? -1,
    guests: () => told(byNobody)['guests'] ?? -1,
    votes: inSimulation,
    values: inSimulation,
    contributions: inSimulation,
    presence: inSimulation,
    greeted: inSimulation,
    abandons: inSimulation,
    ahead: inSimulation,
    silent: inSimulation,
    doubted: inSimulation,
    memories: inSimulation,
    hints: inSimulation,
    timeline: inSimulation,
    stored: inSimulation,
    accounts,
    conduct,
    'known-peers': book,
    requests,
    payloads: memory,
    'paced-bytes': async () => (await guarded()).paced,
    'seen-messages': async () => (await guarded()).seen,
    'passed-messages': passed,
    'cached-decisions': () => answering()['cached-decisions'] ?? -1,
    'pushed-bytes': pushed,
    'body-cache-bytes': cache,
    'body-cache-bodies': smallBodies,
  };
}

describe('everything that others can make grow', function () {
  this.timeout(60_000);

  for (const [name, fill] of Object.entries(fillers())) {
    it(`${name} stays within its bound`, async () => {
      const table: HeldTable = HELD_TABLES[name as HeldName];
      const size = await fill();
      assert.ok(size >= 0 && size <= table.bound(scale), `${size} of ${table.bound(scale)} ${table.unit}`);
    });
  }

  it('holds bodies for those that have seats, not for all that an experiment may admit', () => {
    const wide = { ...config, maxPeers: 10_000, cohortSizeAt: () => 10_000, maxContributionBytes: 2 ** 25 };
    const of = cacheLimits(wide);
    assert.deepEqual(of(4), { bytes: 4 * 2 ** 25 + 2 * wide.maxUpdateBytes, bodies: 1_024 });
    assert.equal(of(2_000).bodies, 4_002);
  });

  it('is filled where others can fill it, so that the bound is what holds it', async () => {
    const full: readonly Filled[] = [
      'guests',
      'accounts',
      'conduct',
      'requests',
      'seen-messages',
      'pushed-bytes',
      'body-cache-bytes',
    ];
    const all = fillers();
    for (const name of full) {
      assert.equal(await all[name](), (HELD_TABLES[name] as HeldTable).bound(scale), name);
    }
  });
});
