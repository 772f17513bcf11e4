/** What the writer writes and the reader expects, as functions of the round. */
import { digestOf, hashOf } from '../../src/crypto/hash.ts';

/** Blocks of 32 bytes: a hash of the round, with the block's number over its first two bytes. */
function bytes(what: string, round: number, blocks: number): Uint8Array {
  const block = hashOf('test', what, round);
  const all = new Uint8Array(32 * blocks);
  for (let i = 0; i < blocks; i++) {
    all.set(block, 32 * i);
    all.set([i & 255, i >> 8], 32 * i);
  }
  return all;
}

export const anchorOf = (round: number) => digestOf('test', 'anchor', round);
export const memoryBytes = (round: number) => bytes('memory', round, 10);
export const decisionBytes = (round: number) => bytes('decision', round, 30);
/** Every third is so large that it lies in a file of its own. */
export const updateBytes = (round: number) => bytes('update', round, round % 3 === 2 ? 10_000 : 1000);
export const updateOf = (round: number) => ({
  digest: digestOf('test', 'update', round),
  body: updateBytes(round),
});
export const checkpointBytes = (round: number) => bytes('checkpoint', round, 40_000);
