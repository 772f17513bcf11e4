/**
 * All that a machine needs of the world. A real node and the simulator differ in the Environment that they give to
 * `drive()`, and in nothing else. Callbacks instead of promises: in the simulator an answer may come at once or at a
 * stated virtual time, so equal seeds give equal traces. A `done` is called exactly once, during the call or later.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { DecodeFault } from '../compression/compressor.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { Channel, Verdict } from '../messages/message.ts';
import type { RoundReport, Report } from '../protocol/effect.ts';
import type { MessageFault } from '../protocol/fault.ts';
import type { PartialBody } from '../network/transport.ts';
import type { LedgerPort, BodyOnDisk } from './ledger-port.ts';

export interface Environment {
  readonly clock: ClockPort;
  readonly network: NetworkPort;
  readonly ledger: LedgerPort;
  readonly application: ApplicationPort;
  readonly observer: Observer;
  /** Computes body digests where they hold nobody up; where it is left out, at once. */
  readonly digests?: DigestPort;
}

export interface DigestPort {
  bodyDigest(body: Uint8Array, done: (digest: Digest) => void): void;
}

export interface ClockPort {
  /** Milliseconds; only differences mean anything, and it never goes back. */
  now(): number;
  /** Calls `fire` once after the delay; the returned function cancels it. */
  setTimer(delayMs: number, fire: () => void): () => void;
}

/** How a message came by gossip. */
export interface Arrival {
  readonly channel: Channel;
  /** The same bytes were accepted before: they are passed on again where they are still of use. */
  readonly again: boolean;
}

export interface NetworkHandlers {
  /** A message came in, by gossip or straight from a peer. */
  receive(bytes: Uint8Array, from: PeerId, how?: Arrival): Verdict;
  /** Another peer asks; `reply` is called once, with the number of records that were read from the disk for it. */
  answer(request: Uint8Array, from: PeerId, reply: (answer: Uint8Array, diskReads?: number) => void): void;
  /** Another peer has come within reach. */
  met(peer: PeerId): void;
  /** A body came that nobody asked for; false: it is of no use. */
  pushed(body: Uint8Array, from: PeerId): boolean;
  /** A body that is at hand, for others that pull it by its digest. */
  body(digest: Digest): Uint8Array | undefined;
  /** A body on the disk, for others that pull it by its digest a piece at a time. */
  storedBody(digest: Digest, done: (body: BodyOnDisk | undefined) => void): void;
}

export interface NetworkPort {
  /** Called once, before anything else. */
  open(handlers: NetworkHandlers): void;
  publish(channel: Channel, bytes: Uint8Array): void;
  /** One message straight to a peer; may be lost. */
  send(to: PeerId, bytes: Uint8Array): void;
  /** A body to a peer that is connected, before it asks; may be lost. */
  push(to: PeerId, body: Uint8Array): void;
  /** Listens on the committee's channels, or on `announcements` only. */
  listen(committee: boolean): void;
  /** A question on a direct stream; undefined where no answer came in time. */
  request(
    to: PeerId,
    request: Uint8Array,
    maxAnswerBytes: number,
    done: (answer: Uint8Array | undefined) => void,
  ): void;
  /**
   * A body by digest from whichever of the peers has it, checked against the digest; undefined: nobody had it.
   * `pieces`: how many of its pieces each of them gave. `kept`: where its pieces outlast the process.
   */
  fetchBody(
    digest: Digest,
    byteLength: number,
    from: readonly PeerId[],
    done: (body: Uint8Array | undefined, pieces?: PiecesFrom) => void,
    kept?: KeptFetch,
  ): void;
  /** A peer's answer to a question cannot be true. */
  penalize(peer: PeerId, reason: string): void;
  /** Peers that could be asked something now. */
  reachable(): readonly PeerId[];
}

export type PiecesFrom = Readonly<Record<PeerId, number>>;

export interface KeptFetch {
  readonly partial: PartialBody;
  /** Told once, before anybody is asked, how many of its pieces were there already; not where none were. */
  resumed(pieces: number, of: number): void;
}

/** `Application`, with callbacks; `fromApplication` makes one. A failure of the application itself is thrown away up. */
export interface ApplicationPort {
  readonly stateDigest: Digest;
  readonly stateByteLength: number;
  train(context: RoundContext, done: (body: Uint8Array) => void): void;
  /** The round in which the last `train` was asked for is over. */
  stopTraining(): void;
  check(
    context: RoundContext,
    contribution: Contribution,
    done: (fault: DecodeFault | undefined) => void,
  ): void;
  aggregate(
    context: RoundContext,
    contributions: readonly Contribution[],
    done: (result: {
      readonly update: Uint8Array;
      readonly updateDigest: Digest;
      readonly stateDigest: Digest;
    }) => void,
  ): void;
  apply(context: RoundContext, update: Uint8Array, done: (stateDigest: Digest) => void): void;
  stepBack(done: (stateDigest: Digest) => void): void;
  checkpoint(done: (bytes: Uint8Array) => void): void;
  /** undefined where the bytes are malformed. */
  restore(bytes: Uint8Array, done: (stateDigest: Digest | undefined) => void): void;
}

export interface RecoveryReport {
  readonly round: number;
  readonly byteLength: number;
  /** How many of its pieces each peer gave. */
  readonly servedBy: PiecesFrom;
}

export interface FetchReport {
  readonly round: number;
  readonly byteLength: number;
  /** In 0 .. 1: what an earlier process had fetched of it. */
  readonly resumedShare: number;
}

/** Told, never asked: telemetry and checkers. */
export interface Observer {
  decided(report: RoundReport): void;
  reported(report: Report): void;
  refused(fault: MessageFault | 'undecodable', from: PeerId): void;
  /** The fetch of the state before a round goes on where an earlier one ended. */
  resumed?(fetch: FetchReport): void;
  /** The state before a round came from other peers. */
  recovered?(recovery: RecoveryReport): void;
}
