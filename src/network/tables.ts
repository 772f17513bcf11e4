/** Everything in this room that another peer can make grow. `Transport.sizes()` gives how full each is. */
import type { HeldTable } from '../foundation/held-table.ts';
import {
  MAX_ACCOUNTS,
  MAX_CONDUCT_ENTRIES,
  MAX_CONNECTIONS,
  MAX_KNOWN_PEERS,
  MAX_PACED_BYTES,
  MAX_PENDING_VERDICTS_PER_PEER,
  MAX_REMEMBERED_PAYLOADS,
  MAX_REQUESTS_IN_SERVICE,
  MAX_SEEN_MESSAGES,
} from './limits.ts';

export const NETWORK_TABLES = {
  connections: {
    holds: 'open connections',
    unit: 'entries',
    bound: () => MAX_CONNECTIONS,
    boundInWords: `${MAX_CONNECTIONS} (an option); half of them for strangers, a twentieth for those of one address prefix`,
    paidBy: 'the peer and its address prefix',
    whenFull: 'a new one is refused, of strangers long before there is none left for seats',
  },
  accounts: {
    holds: 'accounts of peers and address prefixes',
    unit: 'entries',
    bound: () => MAX_ACCOUNTS,
    boundInWords: String(MAX_ACCOUNTS),
    paidBy: 'whoever connects',
    whenFull: 'the one that was used longest ago goes',
  },
  conduct: {
    holds: 'what peers and address prefixes have done wrong',
    unit: 'entries',
    bound: () => MAX_CONDUCT_ENTRIES,
    boundInWords: String(MAX_CONDUCT_ENTRIES),
    paidBy: 'whoever does wrong',
    whenFull: 'the one that was reported longest ago goes',
  },
  'known-peers': {
    holds: 'peers with addresses to dial',
    unit: 'entries',
    bound: () => MAX_KNOWN_PEERS,
    boundInWords: String(MAX_KNOWN_PEERS),
    paidBy: 'whoever told of them, each an eighth',
    whenFull: 'a new one is not learnt',
  },
  requests: {
    holds: 'requests in service',
    unit: 'entries',
    bound: () => MAX_REQUESTS_IN_SERVICE,
    boundInWords: `${MAX_REQUESTS_IN_SERVICE}, a quarter of them for strangers`,
    paidBy: 'the peer that asks, and its address prefix',
    whenFull: 'the answer is "busy"',
  },
  payloads: {
    holds: 'verdicts on gossip of late',
    unit: 'entries',
    // beside the decided ones those under way: each waits for a verdict of the handler
    bound: () => MAX_REMEMBERED_PAYLOADS + MAX_CONNECTIONS * MAX_PENDING_VERDICTS_PER_PEER,
    boundInWords: `${MAX_REMEMBERED_PAYLOADS}, and those under way`,
    paidBy: 'whoever passes messages on, from its judgements',
    whenFull: 'the oldest goes and is judged anew',
  },
  verdicts: {
    holds: 'gossip messages that wait for a verdict',
    unit: 'entries',
    bound: () => MAX_CONNECTIONS * MAX_PENDING_VERDICTS_PER_PEER,
    boundInWords: `${MAX_PENDING_VERDICTS_PER_PEER} of each neighbour, an eighth of it where it has no seat`,
    paidBy: 'the neighbour',
    whenFull: 'the newest is dropped before gossipsub sees it',
  },
  'paced-bytes': {
    holds: 'frames of strangers that wait for their accounts',
    unit: 'bytes',
    bound: () => MAX_PACED_BYTES,
    boundInWords: String(MAX_PACED_BYTES),
    paidBy: 'strangers',
    whenFull: 'the newest is dropped',
  },
  'seen-messages': {
    holds: 'ids of gossip messages of the last two minutes',
    unit: 'entries',
    bound: () => MAX_SEEN_MESSAGES,
    boundInWords: String(MAX_SEEN_MESSAGES),
    paidBy: 'whoever passes messages on',
    whenFull: 'the oldest goes',
  },
} as const satisfies Readonly<Record<string, HeldTable>>;
