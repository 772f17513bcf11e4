/** What an adversary answers in place of its machine to questions for decisions and for pieces of checkpoints. */
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { BodyOnDisk } from '../src/driver/ledger-port.ts';
import type { MessageCodec } from '../src/messages/message-codec.ts';
import type { Behaviour } from './behaviours.ts';
import { NEVER } from './forgery.ts';

export class FalseAnswers {
  private readonly codec: MessageCodec;
  private readonly random: SeededRandom;
  private readonly kinds: ReadonlySet<Behaviour>;

  constructor(codec: MessageCodec, random: SeededRandom, kinds: ReadonlySet<Behaviour>) {
    this.codec = codec;
    this.random = random;
    this.kinds = kinds;
  }

  /** False pieces, behind the true list of them or behind a false one. */
  falsifyPieces(body: BodyOnDisk): BodyOnDisk {
    if (!this.kinds.has('false-checkpoint')) return body;
    const list = this.random.next() < 0.5 ? new Uint8Array(body.list.length).fill(7) : body.list;
    const piece: BodyOnDisk['piece'] = (index, done) =>
      body.piece(index, (found) => done(found && new Uint8Array(found.length).fill(7)));
    return { ...body, list, piece };
  }

  falsify(answer: Uint8Array): Uint8Array {
    const { codec } = this;
    const decoded = codec.decodeAnswer(answer);
    if (this.kinds.has('false-checkpoint') && decoded?.kind === 'body') {
      return codec.encodeAnswer({ kind: 'body', body: new Uint8Array(decoded.body.length).fill(7) });
    }
    if (this.kinds.has('false-head') && decoded?.kind === 'decisions') {
      const decisions = decoded.decisions.flatMap((record) => {
        const decision = codec.decodeDecision(record, codec.limits.maxPeers);
        if (decision === undefined) return [];
        const outcome = { ...decision.outcome, applicationDigest: NEVER };
        return [codec.encodeDecision({ ...decision, outcome })];
      });
      return codec.encodeAnswer({ kind: 'decisions', decisions, head: decoded.head + 1000 });
    }
    return answer;
  }
}
