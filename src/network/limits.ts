/**
 * Every bound of the network room, by name: what a stranger can make grow, how long it may take, how often it may ask.
 * docs/network.md has the table with the reason for each. Options override the few that an experiment must choose.
 */

// Gossip
/** The most bytes of one published message; peers of one experiment must agree on it. */
export const MAX_GOSSIP_BYTES = 131_072;
/** A larger RPC frame makes its receiver drop the sender for good, so we never build one above half of this. */
export const MAX_RPC_FRAME_BYTES = 4_194_304;
export const MAX_SENT_RPC_BYTES = 1_048_576;
export const MAX_SENT_RPC_MESSAGES = 256;
export const MAX_RPC_MESSAGES = 1_024;
export const MAX_RPC_SUBSCRIPTIONS = 512;
export const MAX_RPC_CONTROL_ENTRIES = 512;
export const MAX_RPC_PEER_INFOS = 16;
/** A peer that does not read costs us this much and then misses messages. */
export const MAX_OUTBOUND_BUFFER_BYTES = 8_388_608;
/** What one peer may send us, sustained and in a burst; what is above is dropped before it leaves a trace. */
export const GOSSIP_MESSAGES_PER_SECOND = 1_000;
export const GOSSIP_BURST_MESSAGES = 8_192;
export const GOSSIP_BYTES_PER_SECOND = 16_777_216;
export const GOSSIP_BURST_BYTES = 67_108_864;
/** Messages that wait for a verdict. */
export const MAX_PENDING_VERDICTS_PER_PEER = 512;
export const MAX_PENDING_BYTES_PER_PEER = 16_777_216;
export const MAX_PENDING_BYTES = 134_217_728;
/** How many decided payloads are remembered, so that a rebroadcast is passed on without being judged again. */
export const MAX_REMEMBERED_PAYLOADS = 16_384;
export const REBROADCAST_INTERVAL_MS = 500;
export const SEEN_TTL_MS = 120_000;

// Direct streams
export const REQUEST_TIMEOUT_MS = 10_000;
/** A peer that opened a stream must have sent its request after this. */
export const REQUEST_READ_TIMEOUT_MS = 5_000;
/** A response must make progress at least this often. */
export const STREAM_STALL_TIMEOUT_MS = 10_000;
export const MAX_REQUESTS_PER_PEER = 16;
export const MAX_REQUESTS_IN_SERVICE = 256;
export const REQUESTS_PER_SECOND_PER_PEER = 100;
export const REQUEST_BURST_PER_PEER = 400;
export const MAX_STREAMS_PER_PROTOCOL = 32;
export const MAX_STREAMS_PER_CONNECTION = 256;

// Bodies
export const MAX_BODY_BYTES = 1_073_741_824;
/** Pieces in one stream; a run keeps the pipe full over a long round trip without holding a holder for long. */
export const MAX_PIECES_PER_RUN = 64;
/** What comes with the piece list in the first round trip: a body of 2 MiB whole. */
export const FIRST_RUN_PIECES = 16;
export const MAX_STREAMS_AT_ONCE = 8;
/** An idle holder takes over a piece that another has owed for this long. */
export const PIECE_HEDGE_MS = 1_000;
/** One more holder is asked for the piece list when the last one has been silent for this long. */
export const LIST_HEDGE_MS = 400;
/** Who does not have a body is asked again after this, doubling, while the search goes on. */
export const ASK_AGAIN_FIRST_MS = 50;
export const ASK_AGAIN_LONGEST_MS = 1_000;
/** For how long a download lives on holders' word that they are getting the body themselves. */
export const NOT_YET_LONGEST_MS = 30_000;
export const MAX_DIALS_OF_A_DOWNLOAD = 2;

// Connections
/** For a dial, and for each step of becoming a connection: encryption, multiplexing, a stream's protocol. */
export const DIAL_TIMEOUT_MS = 5_000;
export const MAX_CONNECTIONS = 300;
export const MAX_PENDING_INBOUND_CONNECTIONS = 128;
export const INBOUND_CONNECTIONS_PER_SECOND_PER_HOST = 32;
export const TARGET_CONNECTIONS = 16;
export const MAX_PARALLEL_DIALS = 8;
export const REDIAL_TICK_MS = 250;
export const REDIAL_FIRST_MS = 500;
export const REDIAL_LONGEST_MS = 30_000;
/** A peer that could not be dialled is not dialled again for this long, doubling. */
export const UNREACHABLE_FIRST_MS = 2_000;
export const UNREACHABLE_LONGEST_MS = 300_000;
export const MAX_UNREACHABLE_PEERS = 1_024;
/** Peers that came to us and are tried at their own addresses at the same time. */
export const MAX_DIAL_BACKS = 8;
/** A connection whose peer is missing from gossipsub for this long is dropped and dialled anew. */
export const MUTED_GRACE_MS = 5_000;

// Peer exchange
export const MAX_KNOWN_PEERS = 1_024;
/** How many of the known peers one answering peer may have contributed. */
export const MAX_KNOWN_PEERS_PER_SOURCE = 128;
export const MAX_ADDRESSES_PER_PEER = 4;
export const MAX_ADDRESS_CHARS = 256;
export const MAX_PEERS_PER_ANSWER = 32;
export const MAX_WANTED_PEERS = 16;
export const MAX_EXCHANGE_BYTES = 65_536;
export const EXCHANGE_INTERVAL_MS = 5_000;
export const FORGET_AFTER_FAILURES = 6;

// Conduct
/** Points that a reported fault costs; gossipsub's application score is minus the points. */
export const PENALTY_POINTS = 20;
export const BAN_POINTS = 100;
export const PENALTY_HALF_LIFE_MS = 60_000;
export const FIRST_BAN_MS = 60_000;
export const LONGEST_BAN_MS = 3_600_000;
export const MAX_CONDUCT_ENTRIES = 4_096;
