/**
 * Brings the application to a state that it is not in: by one step back, by a stored checkpoint and the updates after
 * it, or by a checkpoint from other peers, whose pieces are checked one by one and whose whole is checked against the
 * certified digest.
 */
import { bodyDigest } from '../crypto/body-digest.ts';
import { concatBytes } from '../foundation/bytes.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { maxCheckpointBytes, type MessageCodec } from '../messages/message-codec.ts';
import { CHECKPOINT_PIECE_BYTES, type Answer } from '../messages/request.ts';
import type { Chain } from '../protocol/chain/chain.ts';
import type { Bodies } from './bodies.ts';
import type { Environment } from './environment.ts';
import type { StoredCheckpoint } from './ledger-port.ts';

type Rebuilt = (round: number | undefined, applicationDigest: Digest) => void;
type Manifest = Extract<Answer, { kind: 'checkpoint' }>;

/** What these peers say that a checkpoint consists of. */
interface Opinion {
  readonly manifest: Manifest;
  readonly peers: PeerId[];
}

/** Peers that are asked for one checkpoint at once, however large the roster. */
const MAX_ASKED_PEERS = 20;
/** Numbers in a state's encoding take more bytes as they grow. */
const STATE_LENGTH_SLACK_BYTES = 1024;

export class Recovery {
  /** The round before which the application stands. */
  position = 0;
  private canStepBack = false;
  private questions = 0;
  private readonly environment: Environment;
  private readonly bodies: Bodies;
  private readonly codec: MessageCodec;

  constructor(environment: Environment, bodies: Bodies, codec: MessageCodec) {
    this.environment = environment;
    this.bodies = bodies;
    this.codec = codec;
  }

  applied(round: number): void {
    this.position = round + 1;
    this.canStepBack = true;
  }

  /**
   * To the state before a round, by the shortest way that leads to what was certified: none, one step back, or the
   * stored checkpoint and updates. A state that differs is damaged and not trusted any further.
   */
  rewind(round: number, done: Rebuilt): void {
    const { application } = this.environment;
    this.certified(round, (expected) => {
      const isRight = (digest: Digest): boolean => expected === undefined || digest === expected;
      if (this.position === round && isRight(application.stateDigest)) {
        return done(round, application.stateDigest);
      }
      if (this.position === round + 1 && this.canStepBack) {
        this.canStepBack = false;
        return application.stepBack((digest) => {
          this.position = round;
          if (isRight(digest)) done(round, digest);
          else this.reload(round, done);
        });
      }
      if (this.position < round) this.replay(round, done);
      else this.reload(round, done);
    });
  }

  /** The digest of the state before a round, where its decision is stored. */
  private certified(round: number, done: (digest: Digest | undefined) => void): void {
    if (round === 0) return done(undefined);
    this.environment.ledger.decisions(round - 1, 1, ([stored]) =>
      done(stored?.decision.outcome.applicationDigest),
    );
  }

  /** From the newest checkpoint at or below the round. */
  private reload(round: number, done: Rebuilt): void {
    const { application, ledger } = this.environment;
    ledger.checkpoint(round, (found) => {
      if (found === undefined) return done(undefined, application.stateDigest);
      this.take(found, done, () => this.applyUpTo(round, done));
    });
  }

  /** From the newest checkpoint, if it is newer than what the application has, up to a round or as far as it goes. */
  private replay(round: number, done: Rebuilt): void {
    this.environment.ledger.checkpoint(round, (found) => {
      if (found === undefined || found.chain.round <= this.position) return this.applyUpTo(round, done);
      this.take(found, done, () => this.applyUpTo(round, done));
    });
  }

  private take({ chain, state }: StoredCheckpoint, failed: Rebuilt, taken: () => void): void {
    const { application } = this.environment;
    application.restore(state, (digest) => {
      if (digest === undefined) return failed(undefined, application.stateDigest);
      this.position = chain.round;
      this.canStepBack = false;
      taken();
    });
  }

  private applyUpTo(round: number, done: Rebuilt): void {
    const { application, ledger } = this.environment;
    const { position } = this;
    if (position >= round) return done(position, application.stateDigest);
    ledger.decisions(position, 1, ([stored]) => {
      ledger.update(position, (update) => {
        if (stored === undefined || update === undefined) return done(position, application.stateDigest);
        application.apply({ round: position, seed: stored.seed }, update, () => {
          this.applied(position);
          this.applyUpTo(round, done);
        });
      });
    });
  }

  restore(candidates: readonly Chain[], sources: readonly PeerId[], done: Rebuilt): void {
    // all states of an experiment have one shape, so the own one tells how large a true one can be
    this.environment.application.checkpoint(({ length }) => {
      this.restoreNewest(candidates, sources, length + STATE_LENGTH_SLACK_BYTES, done);
    });
  }

  private restoreNewest(
    candidates: readonly Chain[],
    sources: readonly PeerId[],
    maxStateBytes: number,
    done: Rebuilt,
  ): void {
    const [candidate, ...older] = candidates;
    if (candidate === undefined) return done(undefined, this.environment.application.stateDigest);
    this.manifests(candidate.round, sources, maxStateBytes, (groups) => {
      this.tryGroups(candidate, groups, (digest) => {
        if (digest !== undefined) return done(candidate.round, digest);
        this.restoreNewest(older, sources, maxStateBytes, done);
      });
    });
  }

  /** A bounded number of the peers, connected ones first; others each time. */
  private choose(sources: readonly PeerId[]): readonly PeerId[] {
    const connected = new Set(this.environment.network.reachable());
    const turn = [
      ...sources.filter((peer) => connected.has(peer)),
      ...sources.filter((peer) => !connected.has(peer)),
    ];
    const start = turn.length > MAX_ASKED_PEERS ? (MAX_ASKED_PEERS * this.questions) % turn.length : 0;
    this.questions += 1;
    return [...turn.slice(start), ...turn.slice(0, start)].slice(0, MAX_ASKED_PEERS);
  }

  /** What the peers say the checkpoint's pieces are, the opinion of most peers first. */
  private manifests(
    round: number,
    sources: readonly PeerId[],
    maxStateBytes: number,
    done: (groups: readonly Opinion[]) => void,
  ): void {
    const groups = new Map<string, Opinion>();
    const asked = this.choose(sources);
    let waiting = asked.length;
    if (waiting === 0) return done([]);
    const request = this.codec.encodeRequest({ kind: 'checkpoint', atMostRound: round });
    for (const peer of asked) {
      this.environment.network.request(peer, request, maxCheckpointBytes(maxStateBytes), (bytes) => {
        const answer = bytes === undefined ? undefined : this.codec.decodeAnswer(bytes);
        const concerns = answer?.kind === 'checkpoint' && answer.round === round;
        if (concerns && answer.byteLength <= maxStateBytes && isSound(answer)) {
          const name = `${answer.byteLength}:${answer.pieces.join()}`;
          const group = groups.get(name);
          if (group === undefined) groups.set(name, { manifest: answer, peers: [peer] });
          else group.peers.push(peer);
        }
        waiting -= 1;
        if (waiting === 0) done([...groups.values()].sort((a, b) => b.peers.length - a.peers.length));
      });
    }
  }

  private tryGroups(
    candidate: Chain,
    opinions: readonly Opinion[],
    done: (digest: Digest | undefined) => void,
  ): void {
    const [opinion, ...others] = opinions;
    if (opinion === undefined) return done(undefined);
    this.collect(opinion, (state, servedBy) => {
      if (state === undefined) return this.tryGroups(candidate, others, done);
      const { application, ledger, observer } = this.environment;
      application.restore(state, (digest) => {
        if (digest === candidate.applicationDigest) {
          this.position = candidate.round;
          this.canStepBack = false;
          // a certified state has one encoding: who named other pieces for it has lied
          for (const { peers } of others) this.blame(peers);
          observer.recovered?.({ round: candidate.round, byteLength: state.length, servedBy });
          return ledger.saveCheckpoint(candidate, state, () => done(digest));
        }
        // the application now holds a state that nobody certified
        this.position = -1;
        this.blame(opinion.peers);
        this.tryGroups(candidate, others, done);
      });
    });
  }

  private blame(peers: readonly PeerId[]): void {
    for (const peer of peers) this.environment.network.penalize(peer, 'false checkpoint');
  }

  /** Every piece from the peers in turn, starting with another peer for each. */
  private collect(
    { manifest: { pieces, byteLength }, peers }: Opinion,
    done: (state: Uint8Array | undefined, servedBy: readonly PeerId[]) => void,
  ): void {
    const parts: Uint8Array[] = [];
    const servedBy: PeerId[] = [];
    const next = (): void => {
      const index = parts.length;
      const digest = pieces[index];
      if (digest === undefined) return done(concatBytes(...parts), servedBy);
      const start = index % peers.length;
      const length = Math.min(CHECKPOINT_PIECE_BYTES, byteLength - index * CHECKPOINT_PIECE_BYTES);
      const turn = [...peers.slice(start), ...peers.slice(0, start)];
      this.bodies.ask({ digest, byteLength: length }, turn, (piece, peer) => {
        if (piece === undefined || peer === undefined) return done(undefined, servedBy);
        parts.push(piece);
        servedBy.push(peer);
        next();
      });
    };
    next();
  }
}

function isSound({ byteLength, pieces }: Manifest): boolean {
  return pieces.length === Math.ceil(byteLength / CHECKPOINT_PIECE_BYTES);
}

/** A checkpoint cut for others. */
export function cutCheckpoint(state: Uint8Array): {
  readonly pieces: Digest[];
  at(digest: Digest): Uint8Array | undefined;
} {
  const cut = new Map<Digest, Uint8Array>();
  const pieces: Digest[] = [];
  for (let start = 0; start < state.length; start += CHECKPOINT_PIECE_BYTES) {
    const piece = state.subarray(start, start + CHECKPOINT_PIECE_BYTES);
    const digest = bodyDigest(piece);
    pieces.push(digest);
    cut.set(digest, piece);
  }
  return { pieces, at: (digest) => cut.get(digest) };
}
