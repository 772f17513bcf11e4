/**
 * The beacon: the seed of round r + 1 hashes the seed of round r with the deciding proposer's verifiable random output
 * on it. The output is unique per key, so a proposer can withhold it (and buy one redraw, by the next proposer), never
 * choose it.
 */
import { hashOf } from './hash.ts';

/** A round, and the only randomness that all peers of it share. */
export interface RoundContext {
  readonly round: number;
  /** The beacon's 32-byte seed of the round. */
  readonly seed: Uint8Array;
}

/** What the proposer proves its output on. */
export function beaconInput(experiment: string, seed: Uint8Array, round: number): Uint8Array {
  return hashOf('synod/beacon-input', experiment, seed, round);
}

/** The 32-byte seed of round + 1. */
export function nextSeed(seed: Uint8Array, round: number, output: Uint8Array): Uint8Array {
  return hashOf('synod/beacon-seed', seed, round, output);
}
