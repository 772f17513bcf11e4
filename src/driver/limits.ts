/** The named limits of what is kept in order to answer questions, and what an answer from the disk costs. */

/** Bodies at hand: a few rounds of everyone's contributions, at least. */
export const LEAST_SHELF_BYTES = 64 << 20;
/** Encoded decisions: 8 answers. */
export const MAX_CACHED_DECISIONS = 256;
/** Lists of a checkpoint's pieces, without the pieces. */
export const MAX_CACHED_MANIFESTS = 8;
/** States that are held in pieces for others: the newest, and one that somebody is in the middle of. */
export const MAX_CUT_CHECKPOINTS = 2;

const READ_BYTES = 65_536;

/** How many reads a record of so many bytes counts as. */
export function readsOf(byteLength: number): number {
  return 1 + Math.floor(byteLength / READ_BYTES);
}
