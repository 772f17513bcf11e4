/**
 * Every kind of event that a run writes, in one table: the types, the check of what is read and docs/events.md come from
 * it. Peers are numbers: their place in the header's `peers`, or what a `peer` event says. What follows from other events
 * is not written.
 */
import { z } from 'zod';
import { PAYLOAD_KINDS, PHASES } from './phases.ts';

export const EVENTS_SCHEMA = 1;

const peer = z.int().min(0).max(100_000);
const peers = z.array(peer);
const round = z.int().min(0);
const count = z.int().min(0);
const bytes = z.number().min(0);
const measure = z.number().nullable();
const text = z.string().max(2_000);
const code = z.string().max(64);

const traffic = z.array(bytes).length(PAYLOAD_KINDS.length);

export const EVENTS = {
  run: {
    help: 'The first line of every file, and of every start of a peer that goes on in the same file: what is run, by whom, on what.',
    fields: {
      schema: z.literal(EVENTS_SCHEMA).describe('version of this table'),
      source: z
        .enum(['simulation', 'peer'])
        .describe('a peer writes what it sees, a simulation what all see'),
      part: count.describe('number of the file, from 0; files before it may be gone'),
      startedAt: z.string().max(40).describe('ISO time that `t` counts from'),
      self: peer.nullable().describe('the peer that writes; null in a simulation'),
      name: text.describe("the experiment's name"),
      experimentId: z.string().max(64).describe("the experiment's digest"),
      experiment: z.record(z.string(), z.unknown()).describe('the whole experiment, defaults filled in'),
      peers: z.array(z.string().max(128)).describe('peer ids by number'),
      adversaries: peers.describe(
        'peers that are known to attack: those of a simulation, or an own --attack',
      ),
      attack: text.nullable().describe('what they send; null where nobody is known to attack'),
      parameters: count.describe('numbers in the model'),
      backend: code.describe('what computes gradients here'),
      command: z.array(text).max(200).describe('the command line'),
      build: z.strictObject({ synod: code, node: code }).describe('versions of the program and of Node.js'),
      machine: z
        .strictObject({ system: text, processor: text, cores: count, memoryBytes: bytes })
        .describe('what it ran on'),
      need: z
        .strictObject({ everyPeer: bytes, member: bytes, worker: bytes })
        .describe(
          'bytes of a round without faults in which each message arrives once, by the encodings: what every peer receives, what a member receives besides less what it makes itself, what a worker sends',
        ),
    },
  },
  peer: {
    help: 'A peer that the header does not name has been seen; its number from now on.',
    fields: { peer, id: z.string().max(128).describe('its peer id') },
  },
  round: {
    help: 'A round, or another attempt at it, has begun.',
    fields: {
      round,
      attempt: count.describe('0, or how often a committee was given up'),
      cohort: peers.nullable().describe('who is asked to contribute; null: everyone with a seat'),
      committee: peers.describe('who agrees, proposers in their order'),
      seats: count.describe('peers with a seat'),
    },
  },
  phase: {
    help: 'A phase of a round has ended at a peer.',
    fields: {
      peer,
      round,
      phase: z
        .enum(PHASES)
        .describe(
          'train: the own contribution; collect: until a list is proposed; aggregate: until the own vote; agree: until the decision; adopt: stored and applied',
        ),
      ms: z.number().min(0).describe('how long it took; it ended at `t`'),
      loss: measure
        .optional()
        .describe('of train: the mean loss over the examples of it, before anything is falsified'),
    },
  },
  contributions: {
    help: 'What a decided list held and what the rule made of it; one entry a worker, in the order of `peers`. A follower that aggregated nothing knows workers and sizes only.',
    fields: {
      round,
      peers: peers.describe('whose contributions are in the list'),
      bytes: z.array(bytes).describe('size of each'),
      norm: z.array(measure).optional().describe('Euclidean norm as sent'),
      distance: z.array(measure).optional().describe('Euclidean distance to the aggregate'),
      cosine: z.array(measure).optional().describe('cosine of the angle to the aggregate'),
      weight: z.array(measure).optional().describe('coefficient in the aggregate, where the rule is linear'),
      scale: z.array(measure).optional().describe('what clipping multiplied it by, where anyone was clipped'),
      trimmed: peers.describe('whom the rule left out'),
      absent: peers.describe('who was asked and is not in the list'),
      late: peers.describe('of these, whose contribution came but too late for the list'),
      invalid: z.array(z.tuple([peer, code])).describe('whose contribution was refused, and why'),
      heard: z
        .array(z.tuple([peer, z.number().min(0)]))
        .optional()
        .describe(
          'where a member writes: who was heard of, and how many milliseconds after the round had begun here',
        ),
    },
  },
  view: {
    help: 'A proposer was not heard in time: the next one has the word.',
    fields: { peer: peer.describe('who says so'), round, attempt: count, view: count },
  },
  attempt: {
    help: 'A committee was given up, or a larger one admitted after it.',
    fields: {
      peer: peer.describe('who says so'),
      round,
      attempt: count,
      state: z.enum(['abandoned', 'opened']),
    },
  },
  decision: {
    help: 'A round is decided and applied at the first peer that writes here.',
    fields: {
      round,
      attempt: count,
      view: count.describe('0: the first proposer was heard'),
      author: peer.describe('who proposed the list'),
      signers: peers.describe('members whose signatures certify it'),
      certificateBytes: bytes.describe('size of the signatures'),
      updateBytes: bytes.describe('size of the encoded update'),
      state: z.string().max(64).describe('digest of the state after the round'),
    },
  },
  skip: {
    help: 'The decided round changed nothing.',
    fields: { round, reason: text },
  },
  evaluation: {
    help: 'The model after a round, on the test set; or what a baseline reached at its end.',
    fields: {
      round,
      accuracy: measure.describe('share of right answers; null where the task has none'),
      loss: measure,
      baseline: text.nullable().describe('which baseline; null: the run itself'),
    },
  },
  bytes: {
    help: 'What a peer sent and received since the event before, by kind; a message counts once however many copies travel.',
    fields: {
      peer,
      round,
      sent: traffic.describe(`payload: ${PAYLOAD_KINDS.join(', ')}`),
      received: traffic.describe('in the same order'),
      wireSent: bytes.describe('on the sockets, with encryption and copies'),
      wireReceived: bytes,
    },
  },
  link: {
    help: 'A connection of a peer.',
    fields: {
      peer,
      other: peer,
      state: z.enum(['up', 'down']),
      ms: measure.describe('round-trip time; null: not measured'),
      relayed: z.boolean(),
    },
  },
  refusal: {
    help: 'Messages that a peer did not take in, since the event before; those that are in the nature of gossip (twice, too early, too late) are not told.',
    fields: { peer, from: peer, code, count },
  },
  conviction: {
    help: 'A peer signed two different statements where it may sign one.',
    fields: { peer, round, about: code.describe('contribution, proposal or vote') },
  },
  exclusion: { help: 'A decided round has taken a seat for good.', fields: { peer, round } },
  trouble: {
    help: 'Something that a healthy run does not have, or that slows a peer down.',
    fields: { peer, round, what: code.describe('diverged, fork, stepped-back, resyncing, silent, failed') },
  },
  waiting: {
    help: 'No round was decided for a while at a peer, and what it lacks.',
    fields: { peer, seconds: z.number().min(0), why: text },
  },
  word: {
    help: 'A sentence from the log of a peer that an operator should read.',
    fields: { peer, level: z.enum(['warn', 'error']), text },
  },
  resource: {
    help: 'What the process takes.',
    fields: {
      cpu: z.number().min(0).describe('processor time since the event before, in cores'),
      memoryBytes: bytes.describe('resident memory'),
      diskBytes: bytes.describe('bytes free where the run is kept'),
    },
  },
  end: {
    help: 'The last line of a run that ended in order.',
    fields: {
      state: z.enum(['finished', 'stopped', 'failed']),
      why: text.nullable(),
      rounds: count.describe('rounds decided'),
      digestsAgree: z
        .boolean()
        .nullable()
        .describe('whether all honest peers of a simulation hold one state'),
    },
  },
} as const satisfies Readonly<Record<string, EventDeclaration>>;

export interface EventDeclaration {
  readonly help: string;
  readonly fields: Readonly<Record<string, z.ZodType>>;
}

export type EventKind = keyof typeof EVENTS;
export type FieldsOf<K extends EventKind> = Readonly<{
  [
    F in keyof (typeof EVENTS)[K]['fields'] as undefined extends z.infer<
      (typeof EVENTS)[K]['fields'][F] & z.ZodType
    >
      ? never
      : F
  ]: z.infer<(typeof EVENTS)[K]['fields'][F] & z.ZodType>;
}> &
  Readonly<{
    [
      F in keyof (typeof EVENTS)[K]['fields'] as undefined extends z.infer<
        (typeof EVENTS)[K]['fields'][F] & z.ZodType
      >
        ? F
        : never
    ]?: z.infer<(typeof EVENTS)[K]['fields'][F] & z.ZodType>;
  }>;

/** A line of the log: `t` in milliseconds since the header's `startedAt`. */
export type EventOf<K extends EventKind> = { readonly t: number; readonly e: K } & FieldsOf<K>;
export type RunEvent = { [K in EventKind]: EventOf<K> }[EventKind];
