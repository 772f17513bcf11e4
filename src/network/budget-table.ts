/**
 * What a peer may cost, a resource a line: so much a second, so much at once. A stranger is whoever has no seat in the
 * roster. Strangers pay three times: from their own account, from that of their address prefix (PREFIX_SHARES times as
 * large) and from that of all strangers together (STRANGER_SHARES times): the rest of the peer is kept for seats, which
 * have an account each and share none, however many of them stand behind one address.
 */

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface ResourceDeclaration {
  readonly unit: 'messages' | 'bytes' | 'milliseconds' | 'questions' | 'reads' | 'handshakes' | 'peers';
  readonly what: string;
  /** What happens above the budget. */
  readonly above: string;
  readonly stranger: Rate;
  readonly seat: Rate;
}

const MIB = 1 << 20;
const NOTHING: Rate = { perSecond: 0, burst: 0 };
const UNBOUNDED: Rate = { perSecond: Infinity, burst: Infinity };

export const RESOURCES = {
  handshakes: {
    unit: 'handshakes',
    what: 'inbound connections before their peer is known; given back where it has a seat, five where it is refused',
    above: 'refused before encryption',
    stranger: { perSecond: 1, burst: 16 },
    seat: UNBOUNDED,
  },
  newcomers: {
    unit: 'peers',
    what: 'peers that come in for the first time: each is identified, asked for addresses and told what others subscribe to',
    above: 'refused after encryption',
    stranger: { perSecond: 0.0625, burst: 2 },
    seat: UNBOUNDED,
  },
  wireBytes: {
    unit: 'bytes',
    what: 'bytes read from sockets, whatever they carry',
    above: 'the socket is not read until there is room',
    stranger: { perSecond: MIB, burst: 8 * MIB },
    seat: UNBOUNDED,
  },
  messages: {
    unit: 'messages',
    what: 'gossip messages and frames, copies included; one that a stranger repeats counts as five',
    above: 'of strangers: wait; of seats: dropped unseen',
    stranger: { perSecond: 100, burst: 400 },
    seat: { perSecond: 1_000, burst: 8_192 },
  },
  gossipBytes: {
    unit: 'bytes',
    what: 'bytes of gossip messages, copies included',
    above: 'of strangers: wait; of seats: dropped unseen',
    stranger: { perSecond: MIB / 2, burst: 2 * MIB },
    seat: { perSecond: 16 * MIB, burst: 64 * MIB },
  },
  pushedBytes: {
    unit: 'bytes',
    what: 'bodies that were sent unasked',
    above: 'of strangers: refused unread; of seats: the stream is not read until there is room',
    stranger: NOTHING,
    seat: { perSecond: MIB, burst: 4 * MIB },
  },
  judgements: {
    unit: 'messages',
    what: 'messages that were decoded and judged, signatures included; given back where they are accepted',
    above: 'dropped before they are decoded',
    stranger: { perSecond: 25, burst: 250 },
    seat: { perSecond: 1_000, burst: 8_192 },
  },
  mainThreadMs: {
    unit: 'milliseconds',
    what: 'time of the main thread spent on messages and questions; given back where a message is accepted',
    above: 'messages are dropped, questions are refused',
    stranger: { perSecond: 10, burst: 250 },
    seat: UNBOUNDED,
  },
  questions: {
    unit: 'questions',
    what: 'requests on direct streams, bodies included',
    above: 'answered with "busy"',
    stranger: { perSecond: 10, burst: 60 },
    seat: { perSecond: 100, burst: 400 },
  },
  diskReads: {
    unit: 'reads',
    what: 'records read from the disk for an answer',
    above: 'questions are answered with "busy"',
    stranger: { perSecond: 16, burst: 256 },
    seat: UNBOUNDED,
  },
  bytesOut: {
    unit: 'bytes',
    what: 'bytes of answers, bodies and gossip that was asked for',
    above: 'questions are answered with "busy", bodies go on slowly, gossip is not sent',
    stranger: { perSecond: 2 * MIB, burst: 32 * MIB },
    seat: UNBOUNDED,
  },
} as const satisfies Readonly<Record<string, ResourceDeclaration>>;

export type Resource = keyof typeof RESOURCES;

export const PREFIX_SHARES = 4;
export const STRANGER_SHARES = 16;
