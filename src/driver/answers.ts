/**
 * Answers other peers' questions from the ledger and the shelf: from memory where it can, and with the number of reads
 * from the disk that it took where it cannot, so that whoever asks pays for them. Reads only.
 */
import { BoundedCache } from '../crypto/bounded-cache.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import { MAX_DECISIONS_PER_ANSWER, type Answer, type Request } from '../messages/request.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import { readsOf, MAX_CACHED_DECISIONS, MAX_CACHED_MANIFESTS, MAX_CUT_CHECKPOINTS } from './limits.ts';
import type { BodyShelf } from './body-shelf.ts';
import type { LedgerPort } from './ledger-port.ts';
import { cutCheckpoint } from './recovery.ts';

type Manifest = Extract<Answer, { kind: 'checkpoint' }>;
type Cut = ReturnType<typeof cutCheckpoint>;
type Reply = (answer: Uint8Array, diskReads?: number) => void;
type Done = (answer: Answer, diskReads?: number) => void;

export interface AnswerParts {
  readonly ledger: LedgerPort;
  readonly codec: MessageCodec;
  readonly shelf: BodyShelf;
  readonly headRound: () => number;
  readonly checkpointRounds: number;
}

export class Answers {
  private readonly parts: AnswerParts;
  /** Encoded decisions of settled rounds, which nothing replaces. */
  private readonly decisions = new BoundedCache<number, Uint8Array>(MAX_CACHED_DECISIONS);
  /** What was answered to questions for a checkpoint, by the newest round that the question leaves. */
  private readonly manifests = new BoundedCache<number, Manifest>(MAX_CACHED_MANIFESTS);
  private readonly cuts = new BoundedCache<number, Cut>(MAX_CUT_CHECKPOINTS);
  /** The checkpoint interval that the head was in when the manifests were read. */
  private interval = 0;

  constructor(parts: AnswerParts) {
    this.parts = parts;
  }

  /** Calls `reply` once; an undecodable question gets no body. */
  answer(bytes: Uint8Array, _from: PeerId, reply: Reply): void {
    const { codec } = this.parts;
    const request = codec.decodeRequest(bytes);
    if (request === undefined) return reply(codec.encodeAnswer({ kind: 'none' }));
    this.find(request, (answer, diskReads) => reply(codec.encodeAnswer(answer), diskReads));
  }

  sizes(): Record<string, number> {
    return { 'cached-decisions': this.decisions.size, 'cached-manifests': this.manifests.size };
  }

  private find(request: Request, done: Done): void {
    switch (request.kind) {
      case 'decisions':
        return this.findDecisions(request.fromRound, done);
      case 'checkpoint':
        return this.findCheckpoint(request.atMostRound, done);
      case 'body':
        return this.findBody(request.digest, done);
    }
  }

  private findDecisions(fromRound: number, done: Done): void {
    const { ledger, codec, headRound } = this.parts;
    const head = headRound();
    const found: Uint8Array[] = [];
    while (found.length < MAX_DECISIONS_PER_ANSWER) {
      const known = this.decisions.get(fromRound + found.length);
      if (known === undefined) break;
      found.push(known);
    }
    const next = fromRound + found.length;
    const left = Math.min(MAX_DECISIONS_PER_ANSWER - found.length, Math.max(0, head - next));
    if (left === 0) return done({ kind: 'decisions', decisions: found, head });
    ledger.decisions(next, left, (stored) => {
      stored.forEach(({ decision }, i) => {
        const record = codec.encodeDecision(decision);
        if (next + i < head - SETTLEMENT_ROUNDS) this.decisions.set(next + i, record);
        found.push(record);
      });
      done({ kind: 'decisions', decisions: found, head }, stored.length);
    });
  }

  private findCheckpoint(atMostRound: number, done: Done): void {
    const { checkpointRounds, headRound } = this.parts;
    const interval = Math.floor(headRound() / checkpointRounds);
    if (interval !== this.interval) this.manifests.clear(); // there may be a newer one, and old ones are dropped
    this.interval = interval;
    const asked = Math.min(interval, Math.floor(atMostRound / checkpointRounds));
    const known = this.manifests.get(asked);
    if (known !== undefined) return done(known);
    this.cut(atMostRound, (manifest, diskReads) => {
      if (manifest === undefined) return done({ kind: 'none' }, diskReads);
      this.manifests.set(asked, manifest);
      done(manifest, diskReads);
    });
  }

  /** Reads the newest checkpoint at or below a round and cuts it. */
  private cut(atMostRound: number, done: (manifest: Manifest | undefined, diskReads: number) => void): void {
    this.parts.ledger.checkpoint(atMostRound, (found) => {
      if (found === undefined) return done(undefined, 1);
      const { round } = found.chain;
      const cut = cutCheckpoint(found.state);
      this.cuts.set(round, cut);
      const byteLength = found.state.length;
      done({ kind: 'checkpoint', round, byteLength, pieces: cut.pieces }, readsOf(byteLength));
    });
  }

  private findBody(digest: Digest, done: Done): void {
    const { ledger, shelf } = this.parts;
    const atHand = shelf.get(digest) ?? this.pieceAtHand(digest);
    if (atHand !== undefined) return done({ kind: 'body', body: atHand });
    // a piece of a checkpoint that was named, whose bytes had to make room
    for (const { round, pieces } of this.manifests.values()) {
      if (!pieces.includes(digest)) continue;
      return this.cut(round, (_manifest, diskReads) => {
        const body = this.pieceAtHand(digest);
        done(body === undefined ? { kind: 'none' } : { kind: 'body', body }, diskReads);
      });
    }
    const found = (body: Uint8Array): void => done({ kind: 'body', body }, readsOf(body.length));
    ledger.updateByDigest(digest, (update) => {
      if (update !== undefined) return found(update);
      ledger.contribution(digest, (body) => (body === undefined ? done({ kind: 'none' }, 2) : found(body)));
    });
  }

  private pieceAtHand(digest: Digest): Uint8Array | undefined {
    for (const cut of this.cuts.values()) {
      const piece = cut.at(digest);
      if (piece !== undefined) return piece;
    }
    return undefined;
  }
}
