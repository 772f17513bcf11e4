/** The named limits of everything in the machine that a stranger can make grow. */

/** Views ahead of its own for which a member keeps votes and proposals. */
export const VIEWS_AHEAD = 3;
/** Views behind its own whose votes can still decide. */
export const VIEWS_BEHIND = 2;
/** Messages for the next round that wait until this one is decided, and their bodies together. */
export const MAX_EARLY_MESSAGES = 1024;
export const MAX_EARLY_BYTES = 32 << 20;
/** Of them, those that one neighbour handed over. */
export const MAX_EARLY_PER_PEER = 256;
/** Joins, leaves and evidence that wait for a proposal. */
export const MAX_PENDING_CHANGES = 256;
/** Rounds for which a signed join or leave may be admitted after the round that it names. */
export const CHANGE_LIFETIME_ROUNDS = 64;
/** A round with this many certified rounds on top of it is settled: nobody steps back behind it. */
export const SETTLEMENT_ROUNDS = 16;
/** Decisions of later rounds that wait for the ones between. */
export const MAX_AHEAD = 64;
/** Decisions that are sent to one peer that is behind, per round of one's own. */
export const MAX_HINTS_PER_PEER = 8;
/** Certified rounds that a peer whose disk was lost stays silent for after it has caught up. */
export const AMNESIA_ROUNDS = 2;
/** Rounds between two joins that a peer without a seat signs. */
export const JOIN_INTERVAL_ROUNDS = 8;
/** Failed attempts to restore a checkpoint before every update is replayed instead. */
export const MAX_RESTORES = 3;
/** Bodies up to this size travel inside their gossip message; larger ones are pulled by the members (docs/network.md). */
export const INLINE_BYTES = 16 << 10;
