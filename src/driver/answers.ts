/**
 * Answers other peers' questions from the ledger and the cache: from memory where it can, and with the number of reads
 * from the disk that it took where it cannot, so that whoever asks pays for them. Reads only.
 */
import { BoundedCache } from '../crypto/bounded-cache.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import { MAX_DECISIONS_PER_ANSWER, type Answer, type Request } from '../messages/request.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import { readsOf, MAX_CACHED_DECISIONS } from './limits.ts';
import type { BodyCache } from './body-cache.ts';
import type { LedgerPort } from './ledger-port.ts';

type Reply = (answer: Uint8Array, diskReads?: number) => void;
type Done = (answer: Answer, diskReads?: number) => void;

export interface AnswerParts {
  readonly ledger: LedgerPort;
  readonly codec: MessageCodec;
  readonly cache: BodyCache;
  readonly headRound: () => number;
}

export class Answers {
  private readonly parts: AnswerParts;
  /** Encoded decisions of settled rounds, which nothing replaces. */
  private readonly decisions = new BoundedCache<number, Uint8Array>(MAX_CACHED_DECISIONS);

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
    return { 'cached-decisions': this.decisions.size };
  }

  private find(request: Request, done: Done): void {
    switch (request.kind) {
      case 'decisions':
        return this.findDecisions(request.fromRound, done);
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

  private findBody(digest: Digest, done: Done): void {
    const { ledger, cache } = this.parts;
    const atHand = cache.get(digest);
    if (atHand !== undefined) return done({ kind: 'body', body: atHand });
    const found = (body: Uint8Array): void => done({ kind: 'body', body }, readsOf(body.length));
    ledger.updateByDigest(digest, (update) => {
      if (update !== undefined) return found(update);
      ledger.contribution(digest, (body) => (body === undefined ? done({ kind: 'none' }, 2) : found(body)));
    });
  }
}
