/** The keys of the store. Rounds are twelve hexadecimal digits, so that keys sort by round. */
import type { Digest } from '../crypto/hash.ts';

export const META_SCHEMA = 'a/schema';
export const META_EXPERIMENT = 'a/experiment';
export const META_ABOUT = 'a/about';
/** Present while memories may be missing. */
export const META_DISTRUST = 'a/distrust';
/** The round below which updates and contributions were dropped to keep within a limit. */
export const META_DROPPED = 'a/dropped';

export const MEMORY = 'm/';
export const DECISION = 'd/';
export const UPDATE = 'u/';
export const UPDATE_INDEX = 'h/';
/** By round; the value is the body's length. So is that of a contribution's index. */
export const UPDATE_SIZE = 'j/';
export const CONTRIBUTION = 'c/';
export const CONTRIBUTION_INDEX = 'i/';
export const CHECKPOINT = 'k/';
export const PIECE = 'p/';

export const memoryKey = (round: number, anchor: Digest) => `${roundPrefix(MEMORY, round)}/${anchor}`;
export const decisionKey = (round: number) => roundPrefix(DECISION, round);
export const updateKey = (round: number) => roundPrefix(UPDATE, round);
export const updateIndexKey = (digest: Digest, round: number) =>
  roundPrefix(`${UPDATE_INDEX}${digest}/`, round);
export const updateSizeKey = (round: number, digest: Digest) =>
  `${roundPrefix(UPDATE_SIZE, round)}/${digest}`;
export const contributionKey = (digest: Digest, round: number) =>
  roundPrefix(`${CONTRIBUTION}${digest}/`, round);
export const contributionIndexKey = (round: number, digest: Digest) =>
  `${roundPrefix(CONTRIBUTION_INDEX, round)}/${digest}`;
export const checkpointKey = (round: number) => roundPrefix(CHECKPOINT, round);
export const pieceKey = (round: number, index: number) =>
  `${roundPrefix(PIECE, round)}/${index.toString(16).padStart(8, '0')}`;

/** A damaged key that is no text cannot even be dropped: it is told as damage when the store is opened, and passed over. */
export function isMemoryKey(key: string): boolean {
  return /^m\/[0-9a-f]{12}\/[0-9a-f]{64}$/.test(key);
}

export function roundPrefix(prefix: string, round: number): string {
  return prefix + Math.max(0, round).toString(16).padStart(12, '0');
}

/** What stands between the slashes after the prefix. */
export function parts(key: string): [string, string] {
  const [, first = '', second = ''] = key.split('/');
  return [first, second];
}
