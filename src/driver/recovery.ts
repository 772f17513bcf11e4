/**
 * Brings the application to a state that it is not in: by one step back, by a stored checkpoint and the updates after
 * it, or by a checkpoint from other peers: a body whose digest a certificate holds, fetched like every other.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { Chain } from '../protocol/chain/chain.ts';
import type { Environment, PiecesFrom } from './environment.ts';
import type { StoredCheckpoint } from './ledger-port.ts';

type Rebuilt = (round: number | undefined, applicationDigest: Digest) => void;

/** Peers that are asked for one checkpoint at once, however large the roster. */
const MAX_ASKED_PEERS = 20;

export class Recovery {
  /** The round before which the application stands. */
  position = 0;
  private canStepBack = false;
  private questions = 0;
  private readonly environment: Environment;

  constructor(environment: Environment) {
    this.environment = environment;
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

  /**
   * One of the states that others have, each a body under its certified digest: the one that is half here already, as
   * long as somebody has it, else the newest.
   */
  restore(candidates: readonly Chain[], sources: readonly PeerId[], done: Rebuilt): void {
    const begun = this.environment.ledger.unfinishedState();
    const isBegun = ({ applicationDigest }: Chain): boolean => applicationDigest === begun;
    const rest = candidates.filter((candidate) => !isBegun(candidate));
    this.fetch([...candidates.filter(isBegun), ...rest], sources, done);
  }

  private fetch(candidates: readonly Chain[], sources: readonly PeerId[], done: Rebuilt): void {
    const { application, network, ledger, observer } = this.environment;
    const [candidate, ...others] = candidates;
    if (candidate === undefined) return done(undefined, application.stateDigest);
    const { round, applicationDigest } = candidate;
    const byteLength = application.stateByteLength;
    const partial = ledger.partialState(candidate, byteLength);
    const resumed = (pieces: number, of: number): void =>
      observer.resumed?.({ round, byteLength, resumedShare: pieces / of });
    const taken = (digest: Digest | undefined): void => {
      if (digest === undefined) this.fetch(others, sources, done);
      else done(round, digest);
    };
    network.fetchBody(
      applicationDigest,
      byteLength,
      this.choose(sources),
      (state, pieces) => {
        if (state !== undefined) return this.takeOver(candidate, state, pieces ?? {}, taken);
        // who is away may be back with the state that is half here: another one would take its place
        if (applicationDigest === ledger.unfinishedState() && !this.reaches(sources)) {
          return done(undefined, application.stateDigest);
        }
        this.fetch(others, sources, done);
      },
      partial && { partial, resumed },
    );
  }

  private reaches(sources: readonly PeerId[]): boolean {
    const connected = new Set(this.environment.network.reachable());
    return sources.some((peer) => connected.has(peer));
  }

  private takeOver(
    candidate: Chain,
    state: Uint8Array,
    servedBy: PiecesFrom,
    done: (digest: Digest | undefined) => void,
  ): void {
    const { application, ledger, observer } = this.environment;
    application.restore(state, (digest) => {
      if (digest !== candidate.applicationDigest) {
        this.position = -1; // a quorum certified bytes that are no state: what the application holds now is nobody's
        return done(undefined);
      }
      this.position = candidate.round;
      this.canStepBack = false;
      observer.recovered?.({ round: candidate.round, byteLength: state.length, servedBy });
      ledger.saveCheckpoint(candidate, state, () => done(digest));
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
}
