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
/** Messages that wait for a verdict. */
export const MAX_PENDING_VERDICTS_PER_PEER = 512;
export const MAX_PENDING_BYTES_PER_PEER = 16_777_216;
export const MAX_PENDING_BYTES = 134_217_728;
/** Of these, what strangers may have: one of them, and all together. */
export const MAX_PENDING_VERDICTS_PER_STRANGER = 64;
export const MAX_PENDING_BYTES_OF_STRANGERS = 33_554_432;
/**
 * What a stranger's message counts as whose payload is known here under another nonce, in messages: an honest one passes a
 * few such on while a round waits, a replaying one sends nothing else.
 */
export const KNOWN_PAYLOAD_UNITS = 5;
/** Frames of strangers that wait until their senders may cost something again; what is above is dropped. */
export const MAX_PACED_BYTES = 33_554_432;
/** Ids of messages that gossipsub has seen; the oldest goes, and would be judged again. */
export const MAX_SEEN_MESSAGES = 262_144;
/** How many decided payloads are remembered, so that a rebroadcast is passed on without being judged again. */
export const MAX_REMEMBERED_PAYLOADS = 16_384;
/**
 * Ids of messages that are here are told to neighbours so much later at most, and so many at once: long enough for the
 * next message to take them along in short rounds, since a frame of their own costs as much as a message.
 */
export const HAVE_WAIT_MS = 60;
export const MAX_TOLD_IDS = 512;
/**
 * A message that is passed on waits so long, at least and at most, for the neighbour's sign that it has it already. At
 * least twice HAVE_WAIT_MS, and a trip.
 */
export const LEAST_RELAY_WAIT_MS = 150;
export const LONGEST_RELAY_WAIT_MS = 250;
/** Where it had to go, so many of the same source go to that neighbour at once. */
export const EAGER_MESSAGES = 32;
/** For so long a sign is looked for that crossed the message. */
export const RELAY_SHOWN_MS = 2_000;
/** Of one neighbour: messages that are watched, and sources. */
export const MAX_WATCHED_RELAYS = 1_024;
export const MAX_WATCHED_SOURCES = 512;
/** Own messages of so long ago are handed to a neighbour that subscribes now; so many are kept. */
export const LATECOMER_MS = 2_000;
export const MAX_LATE_MESSAGES = 32;
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
/** Of these, what one stranger, the strangers of an address prefix, and all strangers may have in service. */
export const MAX_REQUESTS_PER_STRANGER = 4;
export const MAX_REQUESTS_PER_PREFIX = 16;
export const MAX_REQUESTS_OF_STRANGERS = 64;
export const MAX_STREAMS_PER_PROTOCOL = 32;
export const MAX_STREAMS_PER_CONNECTION = 256;
/**
 * Of one stream, sent and not yet read, on the receiver's side: what a sender that is made to wait can have piled up here
 * (yamux-windows.ts). A stream carries so much in a round trip: 2 MiB over 100 ms are 168 Mbit/s.
 */
export const MAX_STREAM_WINDOW_BYTES = 2_097_152;
/**
 * Of one connection, to be sent and not taken by its socket: above either, data waits at the streams. So much is in front of
 * a stream that has something new to say: 21 ms at 100 Mbit/s.
 */
export const MAX_MUXER_QUEUE_BYTES = 262_144;
export const MAX_MUXER_QUEUE_FRAMES = 2_048;
/**
 * Frames of one turn of the event loop are joined up to this: a small body goes with the message that names it. A frame of
 * a body that is fetched is larger and goes alone.
 */
export const JOINED_FRAMES_BYTES = 32_768;
/** Of one connection: window updates, answers to pings, resets; a peer that has us say more and reads nothing is left. */
export const MAX_CONTROL_FRAMES = 4_096;

// Pushes
/** What waits for one peer to read it; what is above is not sent. */
export const MAX_PUSH_QUEUE_BYTES = 1_048_576;
/** A stream of pushes that carried nothing for so long is closed. */
export const PUSH_IDLE_MS = 60_000;
/** A stream of pushes on which nothing comes for so long is ended by its receiver: longer than its sender keeps it. */
export const PUSH_STALL_MS = 90_000;
/** Of one peer: a new stream may come before the end of the old one is seen. */
export const MAX_PUSH_STREAMS = 2;

// Bodies
/** A body lies in one buffer, and Node.js 20 makes none longer. */
export const MAX_BODY_BYTES = 4_294_967_296;
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
/** Two peers may dial each other at the same time. */
export const MAX_CONNECTIONS_PER_PEER = 3;
/** Shares of the connections: of all strangers, and of those of one address prefix; the rest is kept for seats. */
export const STRANGER_SHARE_OF_CONNECTIONS = 0.5;
export const PREFIX_SHARE_OF_CONNECTIONS = 0.05;
/** No share is smaller than this. */
export const LEAST_CONNECTION_SHARE = 2;
export const MAX_PENDING_INBOUND_CONNECTIONS = 128;
/** Of them, those of one address prefix. */
export const MAX_PENDING_INBOUND_PER_PREFIX = 32;
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
/** Peers of whose record in libp2p's store it is known which protocols it has. */
export const MAX_NOTED_RECORDS = 1_024;
/** How many of the known peers one answering peer may have contributed. */
export const MAX_KNOWN_PEERS_PER_SOURCE = 128;
export const MAX_ADDRESSES_PER_PEER = 4;
export const MAX_ADDRESS_CHARS = 256;
export const MAX_PEERS_PER_ANSWER = 32;
export const MAX_WANTED_PEERS = 16;
export const MAX_EXCHANGE_BYTES = 65_536;
export const EXCHANGE_INTERVAL_MS = 5_000;
export const FORGET_AFTER_FAILURES = 6;

// Another process with the same key
/** A connection whose process has gone gives no answer; nobody waits longer for one. */
export const TWIN_ANSWER_MS = 2_000;
export const TWIN_ASK_EVERY_MS = 30_000;
/** One question of a process in this time is passed on, and so many of all of them, each to so many others. */
export const TWIN_QUESTION_GAP_MS = 1_000;
export const MAX_TWIN_QUESTIONS = 64;
export const MAX_TWIN_FORWARDS = 16;

// Conduct
/** Points that a reported fault costs; gossipsub's application score is minus the points. */
export const PENALTY_POINTS = 20;
/** An answer to our own question that cannot be true: nobody gives one by accident, and few are asked for. */
export const FALSE_ANSWER_POINTS = 40;
export const BAN_POINTS = 100;
export const PENALTY_HALF_LIFE_MS = 60_000;
export const FIRST_BAN_MS = 60_000;
export const LONGEST_BAN_MS = 3_600_000;
export const MAX_CONDUCT_ENTRIES = 4_096;
/** A message above the budget, beyond being dropped; a stranger's question, whose refusal costs a stream. */
export const OVERRUN_POINTS = 0.2;
export const REFUSED_QUESTION_POINTS = 0.5;
/** A stranger's stream that was opened and on which nothing was asked in time. */
export const SILENT_STREAM_POINTS = 15;
/** A connection above a stranger's share. */
export const CROWDING_POINTS = 5;
/** For a frame of gossip above what a seat may send. */
export const FLOOD_POINTS = 2;
/** What a handshake costs that ends in a refusal, in handshakes. */
export const WASTED_HANDSHAKE_UNITS = 5;
/** What a stranger's ban costs its address prefix: the fourth bans the prefix for strangers. */
export const PREFIX_POINTS_PER_BAN = 26;

// Budget
/** Accounts of peers and address prefixes; the one that was used longest ago goes. */
export const MAX_ACCOUNTS = 8_192;
/** Who is cut off, named one by one in the metrics. */
export const MAX_NAMED_CUT_OFF = 32;
