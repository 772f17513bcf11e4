/**
 * The one table of everything in a peer that other peers can make grow. The metrics show how full each is, the page for
 * operators prints it, and tests fill each to its bound.
 */
import type { HeldTable } from '../foundation/held-table.ts';
import { NETWORK_TABLES } from '../network/tables.ts';
import { PROTOCOL_TABLES } from '../protocol/tables.ts';
import {
  LEAST_CACHE_BYTES,
  MAX_CACHED_DECISIONS,
  MAX_HELD_PUSHED_BYTES,
  MAX_PUSHED_PER_PEER,
  cachedBodies,
} from './limits.ts';

const RUNTIME_TABLES = {
  'cached-decisions': {
    holds: 'encoded decisions, for answers',
    unit: 'entries',
    bound: () => MAX_CACHED_DECISIONS,
    boundInWords: String(MAX_CACHED_DECISIONS),
    paidBy: 'whoever asks, by reads from the disk',
    whenFull: 'the oldest goes',
  },
  'pushed-bytes': {
    holds: 'bodies that workers sent before their headers came',
    unit: 'bytes',
    bound: () => MAX_HELD_PUSHED_BYTES,
    boundInWords: String(MAX_HELD_PUSHED_BYTES),
    paidBy: `whoever has a seat, ${MAX_PUSHED_PER_PEER} bodies each`,
    whenFull: 'the oldest goes and is pulled again',
  },
  'body-cache-bytes': {
    holds: 'bodies of the newest rounds',
    unit: 'bytes',
    bound: ({ roundBodyBytes }) => Math.max(LEAST_CACHE_BYTES, roundBodyBytes),
    boundInWords: `${LEAST_CACHE_BYTES}, or all bodies of a round of those that have seats where that is more`,
    paidBy: 'workers of the cohort and members of the committee',
    whenFull: 'the oldest goes and is pulled again',
  },
  'body-cache-bodies': {
    holds: 'the same, in bodies',
    unit: 'entries',
    bound: ({ maxPeers }) => cachedBodies(maxPeers),
    boundInWords: '1024, or twice as many as peers have seats and two',
    paidBy: 'workers of the cohort and members of the committee',
    whenFull: 'the oldest goes and is pulled again',
  },
} as const satisfies Readonly<Record<string, HeldTable>>;

export const HELD_TABLES = { ...PROTOCOL_TABLES, ...NETWORK_TABLES, ...RUNTIME_TABLES };

export type HeldName = keyof typeof HELD_TABLES;
