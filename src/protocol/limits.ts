/** The named limits of everything in the machine that a stranger can make grow. */

/** Views ahead of its own for which a member keeps votes and proposals. */
export const VIEWS_AHEAD = 3;
/** Views behind its own whose votes can still decide. */
export const VIEWS_BEHIND = 2;
/** Signed statements for the next round that wait until this one is decided, and their bodies together. */
export const MAX_EARLY_MESSAGES = 4096;
export const MAX_EARLY_BYTES = 32 << 20;
/** Of them, those of one author, whose part of the bytes is that of its seat among all seats, or this where that is less. */
export const MAX_EARLY_PER_AUTHOR = 32;
export const LEAST_EARLY_BYTES_PER_AUTHOR = 256 << 10;
/** A word about a round that is not decided here leads to at most one question in so much time. */
export const CLAIM_INTERVAL_MS = 1000;
/** Neighbours without a seat that are remembered for the case that no seat answers. */
export const MAX_GUESTS = 8;
/** Joins, leaves and evidence that wait for a proposal: so many of each kind, so that none keeps out another. */
export const MAX_PENDING_PER_KIND = 256;
/** Rounds for which a signed join or leave may be admitted after the round that it names. */
export const CHANGE_LIFETIME_ROUNDS = 64;
/** A round with this many certified rounds on top of it is settled: nobody steps back behind it. */
export const SETTLEMENT_ROUNDS = 16;
/**
 * A change of the roster in round r counts in the draws of round r + 18 and later. Round R draws its committee with the
 * seed that the author of round R - 2 gave, so r + 16 is the first whose seed may be drawn with: whoever includes the
 * change knows that seed only if it authors rounds r .. r + 16 itself, with nobody honest between (docs/committee.md).
 */
export const CHANGE_DELAY_ROUNDS = SETTLEMENT_ROUNDS + 2;
/** Convicts that the roster remembers; the oldest are forgotten, where admission lets in so many. */
export const MAX_EXCLUDED = 4096;
/** Decisions of later rounds that wait for the ones between. */
export const MAX_AHEAD = 64;
/** Who speaks of one of so many newest decided rounds is sent its decision, so often per round of one's own. */
export const HINTED_ROUNDS = 2;
export const MAX_HINTS_PER_PEER = 4;
/** Certified rounds that a peer whose disk was lost stays silent for after it has caught up. */
export const AMNESIA_ROUNDS = 2;
/** Rounds between two joins that a peer without a seat signs. */
export const JOIN_INTERVAL_ROUNDS = 8;
/** Times that nobody had a decided round's update, after which a checkpoint of a later round is taken. */
export const MAX_FAILED_ADOPTIONS = 3;
/** Failed attempts to restore a checkpoint before every update is replayed instead. */
export const MAX_RESTORES = 3;
/** Bodies up to this size travel inside their gossip message; larger ones are pulled by the members (docs/network.md). */
export const INLINE_BYTES = 16 << 10;
/** Cohorts in a row without a contribution after which a worker counts as absent: members wait for it no longer. */
export const ABSENT_AFTER_COHORTS = 2;
/** How often in a round a peer that comes within reach is handed what was said. */
export const MAX_GREETINGS_PER_PEER = 4;
