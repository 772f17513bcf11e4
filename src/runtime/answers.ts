/** Answers other peers' questions from the ledger and the shelf. Reads only. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import { MAX_DECISIONS_PER_ANSWER, type Answer, type Request } from '../messages/request.ts';
import type { BodyShelf } from './body-shelf.ts';
import type { LedgerPort } from './ledger-port.ts';
import { cutCheckpoint } from './recovery.ts';

export class Answers {
  private readonly ledger: LedgerPort;
  private readonly codec: MessageCodec;
  private readonly shelf: BodyShelf;
  private readonly headRound: () => number;
  private served: { readonly round: number; readonly cut: ReturnType<typeof cutCheckpoint> } | undefined;

  constructor(ledger: LedgerPort, codec: MessageCodec, shelf: BodyShelf, headRound: () => number) {
    this.ledger = ledger;
    this.codec = codec;
    this.shelf = shelf;
    this.headRound = headRound;
  }

  /** Calls `reply` once; an undecodable question gets no body. */
  answer(bytes: Uint8Array, _from: PeerId, reply: (answer: Uint8Array) => void): void {
    const request = this.codec.decodeRequest(bytes);
    if (request === undefined) return reply(this.codec.encodeAnswer({ kind: 'none' }));
    this.find(request, (answer) => reply(this.codec.encodeAnswer(answer)));
  }

  private find(request: Request, done: (answer: Answer) => void): void {
    const { ledger } = this;
    switch (request.kind) {
      case 'decisions':
        return ledger.decisions(request.fromRound, MAX_DECISIONS_PER_ANSWER, (stored) => {
          const decisions = stored.map(({ decision }) => decision);
          done({ kind: 'decisions', decisions, head: this.headRound() });
        });
      case 'checkpoint':
        return ledger.checkpoint(request.atMostRound, (found) => {
          if (found === undefined) return done({ kind: 'none' });
          const { round } = found.chain;
          if (this.served?.round !== round) this.served = { round, cut: cutCheckpoint(found.state) };
          const { pieces } = this.served.cut;
          done({ kind: 'checkpoint', round, byteLength: found.state.length, pieces });
        });
      case 'body': {
        const { digest } = request;
        const known = this.shelf.get(digest) ?? this.served?.cut.at(digest);
        if (known !== undefined) return done({ kind: 'body', body: known });
        return ledger.updateByDigest(digest, (update) => {
          if (update !== undefined) return done({ kind: 'body', body: update });
          ledger.contribution(digest, (body) =>
            done(body === undefined ? { kind: 'none' } : { kind: 'body', body }),
          );
        });
      }
    }
  }
}
