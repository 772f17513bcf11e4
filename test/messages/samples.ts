/** One value of every message, request, answer and record, each of its optional parts once there and once not. */
import type { Message } from '../../src/messages/message.ts';
import type { MessageCodec } from '../../src/messages/message-codec.ts';
import type { RecordCodec } from '../../src/messages/record-codec.ts';

type Request = Parameters<MessageCodec['encodeRequest']>[0];
type Answer = Parameters<MessageCodec['encodeAnswer']>[0];

const digest = (byte: number): string => byte.toString(16).padStart(2, '0').repeat(32);
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const signature = (byte: number): Uint8Array => filled(64, byte);
const [anchor, alice, bob] = [digest(0xa1), 'alice', 'bob'];

const at = { round: 7, attempt: 1, view: 2, anchor } as const;
const held = { attempt: 0, value: digest(0x11) } as const;
const contribution = {
  kind: 'contribution',
  round: 7,
  anchor,
  worker: alice,
  digest: digest(0xc0),
  byteLength: 33,
  signature: signature(1),
} as const;
const join = { kind: 'join', peer: bob, round: 6, signature: signature(2) } as const;
const leave = { kind: 'leave', peer: alice, round: 6, signature: signature(3) } as const;
const evidenceOfVotes = {
  kind: 'evidence',
  peer: bob,
  slot: { about: 'vote', phase: 'prevote', ...at },
  first: { about: 'vote', value: digest(0x21), signature: signature(4) },
  second: { about: 'vote', value: null, signature: signature(5) },
} as const;
const value = {
  ...at,
  author: alice,
  beaconProof: filled(80, 6),
  signature: signature(6),
  contributions: [{ worker: alice, digest: digest(0xc0), byteLength: 33, signature: signature(1) }],
  changes: [evidenceOfVotes, leave, join],
} as const;
const outcome = {
  updateDigest: digest(0x31),
  updateByteLength: 40,
  applicationDigest: digest(0x32),
} as const;
const certificate = {
  phase: 'precommit',
  ...at,
  value: digest(0x33),
  signers: Uint8Array.of(0b101),
  signatures: [signature(7), signature(8)],
} as const;
const opening = {
  round: 7,
  attempt: 0,
  anchor,
  statements: [
    { peer: alice, holds: null, signature: signature(9) },
    { peer: bob, holds: held, signature: signature(10) },
  ],
} as const;
const decision = { kind: 'decision', value, outcome, certificate } as const;
const wholeDecision = { ...decision, opening, body: filled(5, 11) } as const;
const proposal = { kind: 'proposal', ...at, proposer: bob, value, signature: signature(12) } as const;
const vote = {
  kind: 'vote',
  phase: 'precommit',
  ...at,
  voter: alice,
  value: digest(0x33),
  signature: signature(13),
} as const;
const abandon = {
  kind: 'abandon',
  round: 7,
  attempt: 0,
  anchor,
  peer: alice,
  holds: held,
  signature: signature(14),
} as const;

export const MESSAGES = {
  contribution,
  'contribution with its body': { ...contribution, body: filled(3, 15) },
  proposal,
  'proposal of a value that was locked, in a later attempt': {
    ...proposal,
    polka: { ...certificate, phase: 'prevote' },
    opening,
    held: decision,
  },
  vote,
  'vote for nil': { ...vote, phase: 'prevote', value: null },
  decision,
  'decision of a later attempt with its update': wholeDecision,
  abandon,
  'abandon without a decision': { ...abandon, holds: null },
  opening: { kind: 'opening', opening },
  'opening with what is held': { kind: 'opening', opening, held: decision },
  join,
  'join with a permit': { ...join, permit: signature(16) },
  leave,
  'evidence of two votes': evidenceOfVotes,
  'evidence of two contributions': {
    kind: 'evidence',
    peer: bob,
    slot: { about: 'contribution', round: 7, anchor },
    first: { about: 'contribution', digest: digest(0x41), byteLength: 1, signature: signature(17) },
    second: { about: 'contribution', digest: digest(0x42), byteLength: 2, signature: signature(18) },
  },
  'evidence of two proposals': {
    kind: 'evidence',
    peer: bob,
    slot: { about: 'proposal', ...at },
    first: { about: 'proposal', value: digest(0x43), signature: signature(19) },
    second: { about: 'proposal', value: digest(0x44), signature: signature(20) },
  },
  'evidence of two abandonments': {
    kind: 'evidence',
    peer: bob,
    slot: { about: 'abandon', round: 7, attempt: 0, anchor },
    first: { about: 'abandon', holds: null, signature: signature(21) },
    second: { about: 'abandon', holds: held, signature: signature(22) },
  },
} as const satisfies Readonly<Record<string, Message>>;

export const REQUESTS = {
  decisions: { kind: 'decisions', fromRound: 7 },
  body: { kind: 'body', digest: digest(0x51) },
} as const satisfies Readonly<Record<string, Request>>;

export const ANSWERS = {
  decisions: { kind: 'decisions', decisions: [filled(2, 23), filled(3, 24)], head: 9 },
  body: { kind: 'body', body: filled(4, 25) },
  none: { kind: 'none' },
} as const satisfies Readonly<Record<string, Answer>>;

const pinned = {
  view: 2,
  digest: digest(0x33),
  value,
  outcome,
  polka: { ...certificate, phase: 'prevote' },
} as const;

export const MEMORY = {
  round: 7,
  anchor,
  contribution,
  abandons: [abandon],
  attempt: 1,
  view: 2,
  votes: [vote],
  proposal,
  locked: { ...pinned, opened: { opening, held: decision } },
  valid: pinned,
} as const satisfies Parameters<RecordCodec['encodeMemory']>[0];

export const DECISION_RECORD = {
  decision: wholeDecision,
  seed: filled(32, 26),
} as const satisfies Parameters<RecordCodec['encodeDecision']>[0];

export const CHAIN = {
  round: 7,
  anchor,
  applicationDigest: digest(0x32),
  seed: filled(32, 26),
  previousSeed: filled(32, 27),
  roster: {
    seats: [{ peer: alice, missedCohorts: 3 }],
    drawable: [alice, bob],
    excluded: ['carol'],
    pending: [{ peer: bob, drawable: false, due: 25 }],
  },
} as const satisfies Parameters<RecordCodec['encodeChain']>[0];
