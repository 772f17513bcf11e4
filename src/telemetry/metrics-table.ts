/** Every metric that a peer serves, in one table: what `synod peer --metrics` shows and docs/metrics.md lists. */

export interface MetricDeclaration {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit:
    'rounds' | 'views' | 'peers' | 'bytes' | 'messages' | 'seconds' | 'entries' | 'events' | 'units';
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];

export const METRICS = {
  head: {
    name: 'synod_round',
    type: 'gauge',
    unit: 'rounds',
    labels: [],
    help: 'The round that this peer plays now.',
  },
  decided: {
    name: 'synod_decided_rounds_total',
    type: 'counter',
    unit: 'rounds',
    labels: ['role'],
    help: 'Rounds decided since the start; role: member (of the committee) or follower.',
  },
  skipped: {
    name: 'synod_skipped_rounds_total',
    type: 'counter',
    unit: 'rounds',
    labels: ['reason'],
    help: 'Decided rounds that changed nothing; reason: too-few-contributions (raise timing.collectMs or start peers) or not-finite.',
  },
  views: {
    name: 'synod_views_total',
    type: 'counter',
    unit: 'views',
    labels: [],
    help: 'Views that decided rounds took; one a round where the first proposer is heard.',
  },
  contributions: {
    name: 'synod_round_contributions',
    type: 'gauge',
    unit: 'entries',
    labels: [],
    help: 'Contributions in the newest decided round.',
  },
  roster: {
    name: 'synod_roster_peers',
    type: 'gauge',
    unit: 'peers',
    labels: [],
    help: 'Peers with a seat after the newest decided round.',
  },
  connected: {
    name: 'synod_connected_peers',
    type: 'gauge',
    unit: 'peers',
    labels: [],
    help: 'Peers with an open connection.',
  },
  events: {
    name: 'synod_events_total',
    type: 'counter',
    unit: 'events',
    labels: ['event'],
    help: 'What the protocol reported, by event: view-changed, abandoned, convicted, diverged, fork, ...',
  },
  refused: {
    name: 'synod_refused_messages_total',
    type: 'counter',
    unit: 'messages',
    labels: ['code'],
    help: 'Messages that were not taken in, by code; duplicate, stale and too-early are in the nature of gossip.',
  },
  roundSeconds: {
    name: 'synod_round_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'From one decided round to the next.',
    buckets: SECONDS,
  },
  phaseSeconds: {
    name: 'synod_round_phase_seconds',
    type: 'histogram',
    unit: 'seconds',
    labels: ['phase'],
    help: 'Phases of a round: train (own gradient), collect (until a list is proposed), aggregate (until the own vote), agree (until the decision), adopt (stored and applied).',
    buckets: SECONDS,
  },
  wireBytes: {
    name: 'synod_wire_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: ['direction'],
    help: 'Bytes handed to and read from sockets, encryption and gossip copies included.',
  },
  payloadBytes: {
    name: 'synod_payload_bytes_total',
    type: 'counter',
    unit: 'bytes',
    labels: ['kind', 'direction'],
    help: 'Payload by kind, each message counted once: contributions, consensus, announcements (gossip), message, request, answer, body (streams).',
  },
  held: {
    name: 'synod_held_entries',
    type: 'gauge',
    unit: 'entries',
    labels: ['what'],
    help: 'Sizes of the queues and tables that other peers can make grow, by name (those named bytes: in bytes); all of them are bounded.',
  },
  heldBound: {
    name: 'synod_held_bound_entries',
    type: 'gauge',
    unit: 'entries',
    labels: ['what'],
    help: 'The bound of each of these.',
  },
  spent: {
    name: 'synod_budget_spent_total',
    type: 'counter',
    unit: 'units',
    labels: ['resource', 'standing'],
    help: 'What peers have cost, less what was given back, in the unit of the resource; standing: seat or stranger.',
  },
  overBudget: {
    name: 'synod_budget_refused_total',
    type: 'counter',
    unit: 'events',
    labels: ['resource', 'standing'],
    help: 'How often something was refused, dropped or made to wait because a peer wanted more of a resource than it may cost.',
  },
  cutOff: {
    name: 'synod_cut_off_seconds',
    type: 'gauge',
    unit: 'seconds',
    labels: ['who', 'reason'],
    help: 'Peers, and address prefixes of strangers, that are banned now, and for how long still; at most 32 are named.',
  },
} as const satisfies Readonly<Record<string, MetricDeclaration>>;

export type MetricId = keyof typeof METRICS;
export type LabelsOf<Id extends MetricId> = Readonly<Record<(typeof METRICS)[Id]['labels'][number], string>>;
