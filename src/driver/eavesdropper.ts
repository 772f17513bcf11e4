/**
 * For a Byzantine peer that sends last: collects what the other workers of the round send, bodies included, as anyone can
 * who listens, and hands all of it to its worker as soon as the last has come. Where some are silent it waits half
 * as long again as the last one took: a collection waits longer than that for a worker that it knows. For accomplices it
 * does not wait, as they wait for the same.
 */
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedContribution } from '../messages/contribution.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import { carriedBy } from '../protocol/round/body-binding.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { HeardRound } from '../round/heard-contributions.ts';
import type { ApplicationPort, ClockPort, NetworkPort } from './environment.ts';

/** The least time in which nobody new is heard before the others count as silent. */
const QUIET_MS = 200;
const QUIET_SHARE = 0.5;
/** Of the collection's longest time; what is sent then still comes in time. */
const LATEST_SHARE = 0.8;
/** States whose contributions are kept: peers that are ahead begin before this one asks its worker. */
const MAX_STATES = 4;

export interface EavesdropperParts {
  readonly self: PeerId;
  readonly codec: MessageCodec;
  readonly clock: ClockPort;
  /** The longest that a collection takes. */
  readonly collectMs: number;
  /** The state that the round is played on, and its workers. */
  readonly round: () => { readonly anchor: Digest; readonly cohort: readonly PeerId[] };
  /** Whether somebody with a seat has signed it. */
  readonly isGenuine: (contribution: UnverifiedContribution) => boolean;
  /** Peers that forge from what they hear as this one does. */
  readonly accomplices: ReadonlySet<PeerId>;
  readonly tell: (context: RoundContext, heard: HeardRound) => void;
}

interface Waiting {
  readonly context: RoundContext;
  readonly anchor: Digest;
  readonly others: readonly PeerId[];
  readonly accomplices: readonly PeerId[];
  readonly sinceMs: number;
  cancel: () => void;
}

/** What came, by worker; undefined while its body is on the way, null where there is none. */
type Heard = Map<PeerId, Uint8Array | null | undefined>;

export class Eavesdropper {
  private readonly parts: EavesdropperParts;
  private readonly states = new Map<Digest, Heard>();
  private waiting: Waiting | undefined;

  constructor(parts: EavesdropperParts) {
    this.parts = parts;
  }

  /** The same network, overheard: contributions are listened to also where the peer sits on no committee. */
  listening(port: NetworkPort): NetworkPort {
    return {
      open: (handlers) =>
        port.open({
          ...handlers,
          receive: (bytes, from, how) => {
            this.hear(port, bytes, from);
            return handlers.receive(bytes, from, how);
          },
        }),
      listen: () => port.listen(true),
      publish: (channel, bytes) => port.publish(channel, bytes),
      send: (to, bytes) => port.send(to, bytes),
      push: (to, body) => port.push(to, body),
      request: (to, request, most, done) => port.request(to, request, most, done),
      fetchBody: (digest, byteLength, from, done, kept) =>
        port.fetchBody(digest, byteLength, from, done, kept),
      penalize: (peer, reason) => port.penalize(peer, reason),
      reachable: () => port.reachable(),
    };
  }

  /** The same application, whose worker is told what the others of its round sent. */
  informing(port: ApplicationPort): ApplicationPort {
    return {
      get stateDigest() {
        return port.stateDigest;
      },
      stateByteLength: port.stateByteLength,
      train: (context, done) => {
        port.train(context, done);
        this.begin(context);
      },
      stopTraining: () => {
        this.stop();
        port.stopTraining();
      },
      check: (context, contribution, done) => port.check(context, contribution, done),
      aggregate: (context, contributions, done) => port.aggregate(context, contributions, done),
      apply: (context, update, done) => port.apply(context, update, done),
      stepBack: (done) => port.stepBack(done),
      checkpoint: (done) => port.checkpoint(done),
      restore: (bytes, done) => port.restore(bytes, done),
    };
  }

  private begin(context: RoundContext): void {
    this.stop();
    const { self, round, clock } = this.parts;
    const { anchor, cohort } = round();
    const isAccomplice = (worker: PeerId): boolean => this.parts.accomplices.has(worker);
    const others = cohort.filter((worker) => worker !== self && !isAccomplice(worker));
    const accomplices = cohort.filter(isAccomplice);
    this.waiting = { context, anchor, others, accomplices, sinceMs: clock.now(), cancel: () => undefined };
    this.look();
  }

  private stop(): void {
    this.waiting?.cancel();
    this.waiting = undefined;
  }

  private hear(port: NetworkPort, bytes: Uint8Array, from: PeerId): void {
    const message = this.parts.codec.decode(bytes);
    if (message?.kind !== 'contribution' || message.worker === this.parts.self) return;
    const { anchor, worker, digest, byteLength } = message;
    if (this.states.get(anchor)?.has(worker) === true || !this.parts.isGenuine(message)) return;
    const heard = this.heardOn(anchor);
    heard.set(worker, undefined);
    const keep = (body: Uint8Array | undefined): void => {
      heard.set(worker, (body && carriedBy(body, { anchor, worker })) ?? null);
      if (this.waiting?.anchor === anchor) this.look();
    };
    if (message.body !== undefined) keep(message.body);
    else port.fetchBody(digest, byteLength, [...new Set([worker, from])], keep);
  }

  private heardOn(anchor: Digest): Heard {
    const known = this.states.get(anchor);
    if (known !== undefined) return known;
    const heard: Heard = new Map();
    this.states.set(anchor, heard);
    for (const oldest of this.states.keys()) {
      if (this.states.size <= MAX_STATES) break;
      this.states.delete(oldest);
    }
    return heard;
  }

  /** Tells the worker where everyone has come; else waits for the next one, for so long. */
  private look(): void {
    const { waiting } = this;
    if (waiting === undefined) return;
    const { clock, collectMs } = this.parts;
    const { others, anchor, sinceMs } = waiting;
    const heard = this.states.get(anchor);
    waiting.cancel();
    if (others.every((worker) => heard?.get(worker) !== undefined)) return this.finish(waiting);
    const sinceStartMs = clock.now() - sinceMs;
    const latestMs = Math.max(0, LATEST_SHARE * collectMs - sinceStartMs);
    const hasHeard = others.some((worker) => heard?.get(worker) !== undefined);
    const quietMs = hasHeard ? Math.max(QUIET_MS, QUIET_SHARE * sinceStartMs) : latestMs;
    waiting.cancel = clock.setTimer(Math.min(quietMs, latestMs), () => this.finish(waiting));
  }

  private finish(waiting: Waiting): void {
    if (this.waiting !== waiting) return;
    this.stop();
    const heard = this.states.get(waiting.anchor);
    const contributions = waiting.others.flatMap((worker) => {
      const body = heard?.get(worker);
      return body === undefined || body === null ? [] : [{ worker, body }];
    });
    this.parts.tell(waiting.context, { contributions, accomplices: waiting.accomplices });
  }
}
