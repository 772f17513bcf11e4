/** The encoding of every message, request and answer of an experiment. All bytes of other peers are decoded here. */
import {
  bytes,
  constant,
  decodeExactly,
  digest,
  encode,
  integer,
  list,
  record,
  union,
  type Codec,
} from './codec.ts';
import type { UnverifiedDecision } from './decision.ts';
import { MAX_ROUND, maxDecisionBytes, maxMessageBytes, type MessageLimits } from './limits.ts';
import type { Message } from './message.ts';
import { recordCodecs } from './message-records.ts';
import { MAX_DECISIONS_PER_ANSWER, type Answer, type Request } from './request.ts';

const round = integer(MAX_ROUND);

/** What travels: messages on topics and streams, requests and answers on streams. */
export function messageCodecs(limits: MessageLimits) {
  const { contribution, proposal, vote, decision, abandon, openingMessage, join, leave, evidence } =
    recordCodecs(limits);
  const largestBody = Math.max(limits.maxContributionBytes, limits.maxUpdateBytes);
  const message = union<Message, 'kind'>('message', 'kind', {
    contribution: [0, contribution],
    proposal: [1, proposal],
    vote: [2, vote],
    decision: [3, decision],
    abandon: [4, abandon],
    opening: [5, openingMessage],
    join: [6, join],
    leave: [7, leave],
    evidence: [8, evidence],
  });
  const request = union<Request, 'kind'>('request', 'kind', {
    decisions: [0, record('request for decisions', { kind: constant('decisions'), fromRound: round })],
    // 1 was the list of a checkpoint's pieces
    body: [2, record('request for a body', { kind: constant('body'), digest })],
  });
  const answer = union<Answer, 'kind'>('answer', 'kind', {
    decisions: [
      0,
      record('answer with decisions', {
        kind: constant('decisions'),
        decisions: list(
          bytes({ most: maxDecisionBytes(limits), said: 'maxDecisionBytes' }),
          MAX_DECISIONS_PER_ANSWER,
        ),
        head: round,
      }),
    ],
    body: [
      2,
      record('answer with a body', {
        kind: constant('body'),
        body: bytes({ most: largestBody, said: 'max(maxContributionBytes, maxUpdateBytes)' }),
      }),
    ],
    none: [3, record('answer with nothing', { kind: constant('none') })],
  });
  return { message, request, answer } as const;
}

export class MessageCodec {
  readonly limits: MessageLimits;
  readonly maxMessageBytes: number;
  private readonly message: Codec<Message>;
  private readonly request: Codec<Request>;
  private readonly answer: Codec<Answer>;
  private readonly decisions = new Map<number, { codec: Codec<UnverifiedDecision>; maxBytes: number }>();

  constructor(limits: MessageLimits) {
    this.limits = limits;
    this.maxMessageBytes = maxMessageBytes(limits);
    const codecs = messageCodecs(limits);
    this.message = codecs.message;
    this.request = codecs.request;
    this.answer = codecs.answer;
  }

  encode(message: Message): Uint8Array {
    return encode(this.message, message);
  }

  decode(data: Uint8Array): Message | undefined {
    return decodeExactly(this.message, data, this.maxMessageBytes);
  }

  encodeRequest(request: Request): Uint8Array {
    return encode(this.request, request);
  }

  decodeRequest(data: Uint8Array): Request | undefined {
    return decodeExactly(this.request, data, MAX_REQUEST_BYTES);
  }

  encodeAnswer(answer: Answer): Uint8Array {
    return encode(this.answer, answer);
  }

  /** Whoever asked has bounded the length by what it asked for. */
  decodeAnswer(data: Uint8Array): Answer | undefined {
    return decodeExactly(this.answer, data, data.length);
  }

  encodeDecision(decision: UnverifiedDecision): Uint8Array {
    return encode(this.decisionOf(this.limits.maxPeers).codec, decision);
  }

  /** `seats`: the most that the roster below the decision can have, never the most of the format. */
  decodeDecision(data: Uint8Array, seats: number): UnverifiedDecision | undefined {
    const { codec, maxBytes } = this.decisionOf(seats);
    return decodeExactly(codec, data, maxBytes);
  }

  /** Of an answer with decisions on top of a roster of so many seats. */
  maxDecisionsBytes(seats: number): number {
    return MAX_DECISIONS_PER_ANSWER * (this.decisionOf(seats).maxBytes + FRAME_BYTES) + FRAME_BYTES;
  }

  private decisionOf(seats: number): {
    readonly codec: Codec<UnverifiedDecision>;
    readonly maxBytes: number;
  } {
    const { limits, decisions } = this;
    // few sizes, so that a roster that grows does not make a codec a round
    const maxPeers = Math.min(limits.maxPeers, 2 ** Math.ceil(Math.log2(Math.max(LEAST_SEATS, seats))));
    let known = decisions.get(maxPeers);
    if (known === undefined) {
      const bounded = { ...limits, maxPeers };
      known = { codec: recordCodecs(bounded).decision, maxBytes: maxDecisionBytes(bounded) };
      decisions.set(maxPeers, known);
    }
    return known;
  }
}

export const MAX_REQUEST_BYTES = 128;
/** Around a byte string, a list or an answer. */
const FRAME_BYTES = 64;
const LEAST_SEATS = 8;
