/**
 * A certified history made by hand, without machines: real keys, real beacon proofs, a quorum's signatures, and an
 * application of four numbers. What verification must find right, and what a test spoils.
 */
import { present } from '../../src/foundation/assert.ts';
import { bytesOf } from '../../src/foundation/bytes.ts';
import { quorumOf } from '../../src/committee/sampling.ts';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { digestOf, hashOf, type Digest } from '../../src/crypto/hash.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { peerRandomness } from '../../src/crypto/peer-randomness.ts';
import type { Decision } from '../../src/messages/decision.ts';
import type { Evidence } from '../../src/messages/evidence.ts';
import type { Value } from '../../src/messages/proposal.ts';
import { RecordCodec } from '../../src/messages/record-codec.ts';
import type { RosterChange } from '../../src/messages/roster-change.ts';
import { cohortOf, committeeOf, genesisChain, type Chain } from '../../src/protocol/chain/chain.ts';
import { BINDING_BYTES, bindBody } from '../../src/protocol/round/body-binding.ts';
import type { ProtocolConfig } from '../../src/protocol/config.ts';
import { voteConflict } from '../../src/protocol/agreement/conflict.ts';
import { voteBytes } from '../../src/protocol/verification/statements.ts';
import type { Application } from '../../src/learning/application.ts';
import type { RoundContext } from '../../src/crypto/beacon.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import type { Vote } from '../../src/messages/vote.ts';
import type { Store } from '../../src/storage/store.ts';
import { signDecision, signValue, type Keyring } from './signed-round.ts';

const SIZE = 4;

/** State: four float64. An update is the mean of the contributions, and is added. */
export class TinyApplication implements Application {
  readonly maxContributionBytes = 8 * SIZE;
  readonly maxUpdateBytes = 8 * SIZE;
  readonly stateByteLength = 8 * SIZE;
  private state = new Float64Array(SIZE);
  private previous = this.state;

  get stateDigest(): Digest {
    return bodyDigest(bytesOf(this.state));
  }

  train({ round }: RoundContext): Promise<Uint8Array> {
    return Promise.resolve(bytesOf(Float64Array.from({ length: SIZE }, (_, i) => round + i)));
  }

  check(_context: RoundContext, { body }: Contribution) {
    return Promise.resolve(body.length === 8 * SIZE ? undefined : ('wrong-length' as const));
  }

  aggregate(_context: RoundContext, contributions: readonly Contribution[]) {
    const mean = new Float64Array(SIZE);
    for (const { body } of contributions) {
      new Float64Array(body.slice().buffer).forEach(
        (x, i) => (mean[i] = (mean[i] as number) + x / contributions.length),
      );
    }
    const next = this.state.map((x, i) => x + (mean[i] as number));
    const update = bytesOf(mean);
    const [updateDigest, stateDigest] = [bodyDigest(update), bodyDigest(bytesOf(next))];
    return Promise.resolve({ update, updateDigest, stateDigest });
  }

  apply(_context: RoundContext, update: Uint8Array): Promise<Digest> {
    this.previous = this.state;
    const mean = new Float64Array(update.slice().buffer);
    this.state = this.state.map((x, i) => x + (mean[i] as number));
    return Promise.resolve(this.stateDigest);
  }

  stepBack(): Promise<Digest> {
    this.state = this.previous;
    return Promise.resolve(this.stateDigest);
  }

  checkpoint(): Promise<Uint8Array> {
    return Promise.resolve(bytesOf(this.state.slice()));
  }

  restore(bytes: Uint8Array): Promise<Digest> {
    if (bytes.length !== 8 * SIZE) return Promise.reject(new Error('malformed'));
    this.state = new Float64Array(bytes.slice().buffer);
    return Promise.resolve(this.stateDigest);
  }
}

export const KEYS = Array.from({ length: 7 }, (_, i) => new PeerKey(new Uint8Array(32).fill(i + 1)));

export const CONFIG: ProtocolConfig = {
  experiment: digestOf('test', 'experiment'),
  genesis: {
    peers: KEYS.map(({ id }) => id),
    seed: hashOf('test', 'seed'),
    applicationDigest: new TinyApplication().stateDigest,
  },
  rounds: 100,
  cohortSizeAt: () => 3,
  committeeSize: 4,
  timing: {
    collectMs: 100,
    collectMinMs: 20,
    proposeMs: 100,
    prevoteMs: 100,
    precommitMs: 100,
    growthMs: 100,
    rebroadcastMs: 100,
    catchUpMs: 100,
  },
  maxViews: 3,
  maxOmissionShare: 0.34,
  minContributions: 1,
  inactivityCohorts: 0,
  minSeats: 4,
  changeDelayRounds: 3,
  admission: { policy: 'genesis' },
  maxPeers: 16,
  checkpointRounds: 4,
  maxContributionBytes: 8 * SIZE + BINDING_BYTES,
  maxUpdateBytes: 8 * SIZE,
  stateBytes: 8 * SIZE,
  inlineBytes: 1024,
};

export function keyOf(peer: PeerId): PeerKey {
  return present(
    KEYS.find(({ id }) => id === peer),
    'key',
  );
}

const KEYRING: Keyring = { signatures: keyOf, randomness: (peer) => peerRandomness(keyOf(peer)) };

export interface MadeRound {
  readonly before: Chain;
  readonly decision: Decision;
  readonly update: Uint8Array;
  readonly contributions: readonly (Contribution & { readonly digest: Digest })[];
  readonly after: Chain;
}

export interface RoundOptions {
  readonly changes?: readonly RosterChange[];
  /** Spoils the value before it is signed and voted on. */
  readonly tamper?: (value: Value) => Value;
}

/** A certified round on top of a chain; the application has applied it afterwards. */
export async function makeRound(
  application: TinyApplication,
  before: Chain,
  { changes = [], tamper = (value) => value }: RoundOptions = {},
): Promise<MadeRound> {
  const { round, anchor, seed } = before;
  const signing = { config: CONFIG, keys: KEYRING, chain: before };
  const contributions = [...cohortOf(CONFIG, before)].sort().map((worker, i) => {
    const carried = bytesOf(Float64Array.from({ length: SIZE }, (_, j) => round + i / 10 + j));
    const body = bindBody(carried, { anchor, worker });
    return { worker, carried, body, digest: bodyDigest(body) };
  });
  const listed = contributions.map(({ worker, body, digest }) => ({
    worker,
    digest,
    byteLength: body.length,
  }));
  const value = signValue(signing, 0, listed, changes, tamper);
  const { update, updateDigest, stateDigest } = await application.aggregate(
    { round, seed },
    contributions.map(({ worker, carried }) => ({ worker, body: carried })),
  );
  const outcome = { updateDigest, updateByteLength: update.length, applicationDigest: stateDigest };
  await application.apply({ round, seed }, update);
  const signers = quorumOf(committeeOf(CONFIG, before, 0).length);
  const { decision, after } = signDecision(signing, value, outcome, { attempt: 0, signers });
  return { before, decision, update, contributions, after };
}

/** Two precommits of a peer for different values in one view of a round. */
export function doubleVote(peer: PeerId, chain: Chain): Evidence {
  const vote = (text: string): Vote => {
    const at = { phase: 'precommit' as const, round: chain.round, attempt: 0, view: 1, anchor: chain.anchor };
    const value = digestOf('test', text);
    const signature = keyOf(peer).sign(voteBytes(CONFIG.experiment, at, value));
    return { kind: 'vote', ...at, voter: peer, value, signature } as unknown as Vote;
  };
  return voteConflict(CONFIG.experiment, vote('a'), vote('b'));
}

/** Rounds on top of genesis; `changesAt` names the roster changes of some. */
export async function makeHistory(
  rounds: number,
  optionsAt: (chain: Chain) => RoundOptions = () => ({}),
): Promise<MadeRound[]> {
  const application = new TinyApplication();
  const made: MadeRound[] = [];
  for (let chain = genesisChain(CONFIG); chain.round < rounds;) {
    const next = await makeRound(application, chain, optionsAt(chain));
    made.push(next);
    chain = next.after;
  }
  return made;
}

/** Stores a history as a peer does, with a checkpoint every four rounds. */
export async function storeHistory(store: Store, made: readonly MadeRound[]): Promise<void> {
  const codec = new RecordCodec(CONFIG);
  const application = new TinyApplication();
  const checkpoint = async (chain: Chain) => {
    const about = codec.encodeChain(chain);
    await store.saveCheckpoint({ round: chain.round, about, state: await application.checkpoint() });
  };
  await checkpoint(genesisChain(CONFIG));
  for (const { before, decision, update, contributions, after } of made) {
    for (const { digest, body } of contributions) {
      await store.saveContributions({
        round: before.round,
        contributions: [{ digest, body }],
        forgetBelow: before.round - 2,
      });
    }
    const record = codec.encodeDecision({ decision, seed: before.seed });
    const saved = { digest: decision.outcome.updateDigest, body: update };
    await store.saveDecisions([{ round: before.round, decision: record, update: saved }], false);
    await application.apply({ round: before.round, seed: before.seed }, update);
    if (after.round % CONFIG.checkpointRounds === 0) await checkpoint(after);
  }
}
