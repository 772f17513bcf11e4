/** Gets bodies: from the cache, from the message, or from other peers; and tells whether a contribution is sound. */
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { present } from '../foundation/assert.ts';
import { toHex } from '../foundation/bytes.ts';
import { inSharedMemory } from '../foundation/shared-memory.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import type { RoundMemory } from '../protocol/saved-state.ts';
import { carriedBy, type BoundTo } from '../protocol/round/body-binding.ts';
import type { ContributionFault } from '../protocol/fault.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import type { BodyCache } from './body-cache.ts';
import type { Environment } from './environment.ts';
import { MAX_PUSHED_BODY_BYTES, PULL_AFTER_MS } from './limits.ts';
import { PushedBodies } from './pushed-bodies.ts';

/** Peers that are asked for a body that no stream had at hand, each a moment after the one before. */
const MAX_ASKED_PEERS = 4;
const ASK_NEXT_AFTER_MS = 1_000;
/** Bodies whose tries are counted; all are forgotten when there are more. */
const MAX_COUNTED_BODIES = 1024;
/**
 * Waits before a body that nobody had is looked for again. Whoever relayed the word of it may be getting it at the same
 * moment, and passes it on where its author cannot be reached.
 */
const LOOK_AGAIN_AFTER_MS: readonly number[] = [150, 400, 1_000];

/** More than the contributions of a few rounds; the oldest are checked again. */
const MAX_VERDICTS = 4096;

export interface Wanted {
  readonly digest: Digest;
  readonly byteLength: number;
}

export interface CheckedBody {
  readonly body: Uint8Array;
  /** A view of it. */
  readonly carried: Uint8Array;
}

export class Bodies {
  readonly cache: BodyCache;
  readonly pushed = new PushedBodies();
  /** What checks said, by all that they depend on. */
  private readonly verdicts = new Map<string, { readonly fault: ContributionFault | undefined }>();
  private readonly environment: Environment;
  private readonly codec: MessageCodec;
  /** Tries that found nobody on the streams, by body. */
  private readonly tries = new Map<Digest, number>();

  private readonly self: PeerId;

  constructor(environment: Environment, codec: MessageCodec, self: PeerId, cache: BodyCache) {
    this.self = self;
    this.environment = environment;
    this.codec = codec;
    this.cache = cache;
  }

  /** `again` is for what is new: one more look, and another, where nobody has it yet. */
  get(
    wanted: Wanted,
    sources: readonly PeerId[],
    done: (body: Uint8Array | undefined) => void,
    again: readonly number[] = LOOK_AGAIN_AFTER_MS,
  ): void {
    this.own(wanted.digest, (known) => {
      if (known === undefined) this.look(wanted, sources, done, again);
      else done(known);
    });
  }

  /**
   * Goes on when the body is in the cache because its worker pushed it, or at once where nobody waits for that: the
   * worker is out of reach, or sends no body of this size unasked.
   */
  whenPushed({ digest, byteLength, worker }: Wanted & Pick<BoundTo, 'worker'>, goOn: () => void): void {
    const { network, clock } = this.environment;
    if (this.cache.get(digest) !== undefined) return goOn();
    const pushed = this.pushed.take(digest);
    if (pushed !== undefined) this.cache.put(digest, pushed);
    const isSmall = byteLength > this.codec.limits.inlineBytes && byteLength <= MAX_PUSHED_BODY_BYTES;
    if (pushed !== undefined || !isSmall || !network.reachable().includes(worker)) return goOn();
    const forget = this.pushed.expect(digest, (body) => {
      cancel();
      this.cache.put(digest, body);
      goOn();
    });
    const cancel = clock.setTimer(PULL_AFTER_MS, () => {
      forget();
      goOn();
    });
  }

  /** What this peer has itself: in the cache or on its disk. */
  own(digest: Digest, done: (body: Uint8Array | undefined) => void): void {
    const known = this.cache.get(digest);
    if (known !== undefined) return done(known);
    this.environment.ledger.contribution(digest, (stored) => {
      done(stored && this.cache.put(digest, stored));
    });
  }

  /** In other peers' caches, then on their disks. */
  private look(
    wanted: Wanted,
    sources: readonly PeerId[],
    done: (body: Uint8Array | undefined) => void,
    again: readonly number[],
  ): void {
    const { digest, byteLength } = wanted;
    const { network, clock } = this.environment;
    const known = this.cache.get(digest);
    if (known !== undefined) return done(known);
    const keep = (body: Uint8Array): void => done(this.cache.put(digest, body));
    const others = sources.filter((peer) => peer !== this.self);
    network.fetchBody(digest, byteLength, others, (fetched) => {
      if (fetched !== undefined) return keep(fetched);
      this.ask(wanted, this.choose(digest, others), (body) => {
        if (body !== undefined) return keep(body);
        const [waitMs, ...rest] = again;
        if (waitMs === undefined) return done(undefined);
        clock.setTimer(waitMs, () => this.look(wanted, sources, done, rest));
      });
    });
  }

  /**
   * A bounded number of those who may have a body on their disk, connected ones first, and others at each try: of a
   * locked value's members any one may be the last that has it.
   */
  private choose(digest: Digest, peers: readonly PeerId[]): readonly PeerId[] {
    const connected = new Set(this.environment.network.reachable());
    const unique = [...new Set(peers)];
    const near = unique.filter((peer) => connected.has(peer));
    if (near.length <= MAX_ASKED_PEERS) {
      return [...near, ...unique.filter((peer) => !connected.has(peer))].slice(0, MAX_ASKED_PEERS);
    }
    const tries = this.tries.get(digest) ?? 0;
    if (this.tries.size >= MAX_COUNTED_BODIES) this.tries.clear();
    this.tries.set(digest, tries + 1);
    const start = (MAX_ASKED_PEERS * tries) % near.length;
    return [...near.slice(start), ...near.slice(0, start)].slice(0, MAX_ASKED_PEERS);
  }

  /** After a restart: own contributions are served to others again. */
  putBack(memories: readonly RoundMemory[]): void {
    for (const { contribution } of memories) {
      if (contribution === undefined) continue;
      const { digest } = contribution;
      this.environment.ledger.contribution(digest, (body) => {
        if (body !== undefined) this.cache.put(digest, body);
      });
    }
  }

  /** From a peer's disk: bodies of older rounds. One after the other, and not in step. */
  ask(
    wanted: Wanted,
    sources: readonly PeerId[],
    done: (body: Uint8Array | undefined, from: PeerId | undefined) => void,
  ): void {
    const { network, clock } = this.environment;
    const request = this.codec.encodeRequest({ kind: 'body', digest: wanted.digest });
    const rest = [...sources];
    let running = 0;
    let open = true;
    const next = (): void => {
      const peer = rest.shift();
      if (!open || (peer === undefined && running > 0)) return;
      if (peer === undefined) {
        open = false;
        return done(undefined, undefined);
      }
      running += 1;
      const cancel = clock.setTimer(ASK_NEXT_AFTER_MS, next);
      network.request(peer, request, wanted.byteLength + ANSWER_OVERHEAD_BYTES, (bytes) => {
        running -= 1;
        cancel();
        if (!open) return;
        this.bodyIn(bytes, wanted, peer, (body) => {
          if (!open) return;
          if (body === undefined) return next();
          open = false;
          done(body, peer);
        });
      });
    };
    next();
  }

  /** The body that an answer carries; a peer that answers with another one is blamed. */
  private bodyIn(
    bytes: Uint8Array | undefined,
    wanted: Wanted,
    peer: PeerId,
    done: (body: Uint8Array | undefined) => void,
  ): void {
    const answer = bytes === undefined ? undefined : this.codec.decodeAnswer(bytes);
    if (answer?.kind !== 'body') return done(undefined);
    const isFalse = (): void => {
      this.environment.network.penalize(peer, 'false body');
      done(undefined);
    };
    if (answer.body.length !== wanted.byteLength) return isFalse();
    const body = inSharedMemory(answer.body);
    this.digestOf(body, (digest) => (digest === wanted.digest ? done(body) : isFalse()));
  }

  /** A body's digest, computed where a large one holds nobody up. */
  digestOf(body: Uint8Array, done: (digest: Digest) => void): void {
    const { digests } = this.environment;
    if (digests === undefined) done(bodyDigest(body));
    else digests.bodyDigest(body, done);
  }

  /** The body of a contribution and what it carries, or what is wrong with it. `sources` 'own': nobody is asked for it. */
  checked(
    context: RoundContext,
    wanted: Wanted & BoundTo,
    sources: readonly PeerId[] | 'own',
    done: (found: CheckedBody | undefined, fault: ContributionFault | 'unavailable' | undefined) => void,
  ): void {
    const check = (body: Uint8Array | undefined): void => {
      if (body === undefined) return done(undefined, 'unavailable');
      if (body.length !== wanted.byteLength) return done(undefined, 'wrong-length');
      const carried = carriedBy(body, wanted);
      if (carried === undefined) return done(undefined, 'not-its-own');
      this.check(context, { worker: wanted.worker, body: carried }, wanted.digest, (fault) =>
        done({ body, carried }, fault),
      );
    };
    if (sources === 'own') this.own(wanted.digest, check);
    else this.get(wanted, sources, check);
  }

  /**
   * A check reads all of a body, so what it said is kept: for the state it was made in, since that says how the round's
   * contributions are encoded.
   */
  private check(
    context: RoundContext,
    contribution: Contribution,
    digest: Digest,
    done: (fault: ContributionFault | undefined) => void,
  ): void {
    const { application } = this.environment;
    const { stateDigest } = application;
    const { round, seed } = context;
    const key = [stateDigest, round, toHex(seed), contribution.worker, digest].join(' ');
    const known = this.verdicts.get(key);
    if (known !== undefined) return done(known.fault);
    application.check(context, contribution, (fault) => {
      // another state may have come before this check's turn
      if (application.stateDigest === stateDigest) this.verdicts.set(key, { fault });
      if (this.verdicts.size > MAX_VERDICTS)
        this.verdicts.delete(present(this.verdicts.keys().next().value, 'a verdict'));
      done(fault);
    });
  }
}

const ANSWER_OVERHEAD_BYTES = 64;
