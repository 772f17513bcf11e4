/**
 * The agreed states of the peers of one run in this process, each held once under its digest by those that stand there. When
 * the last one lets a state go, its vectors are spare, but for those that a held state shares with it. So are a state's bytes
 * made once for all that store it.
 */
import { assert } from '../foundation/assert.ts';
import type { SpareVectors } from '../foundation/spare-vectors.ts';
import type { Digest } from '../crypto/hash.ts';
import { encodeAgreedState, vectorsOf, type AgreedState } from '../estimation/agreed-state.ts';

interface Held {
  readonly state: AgreedState;
  holders: number;
  /** Its canonical bytes, while there are peers that have not asked for them. */
  bytes: Uint8Array | undefined;
  /** How often they were asked for. */
  asked: number;
}

export class HeldStates {
  private readonly states = new Map<Digest, Held>();
  /** In how many held states a vector serves. */
  private readonly uses = new Map<Float32Array, number>();
  private readonly spare: SpareVectors | undefined;
  private readonly peers: number;

  /** `spare`: where the vectors of computed states came from. `peers`: how many ask for the bytes of a state, once each. */
  constructor(spare: SpareVectors | undefined, peers = 1) {
    this.spare = spare;
    this.peers = peers;
  }

  /**
   * The state that is held under its digest, else the one that is given, which must not be read apart from it; to be let go
   * once for each call.
   */
  hold(digest: Digest, given: AgreedState): AgreedState {
    const known = this.states.get(digest);
    if (known !== undefined) {
      known.holders += 1;
      this.giveUnused(given);
      return known.state;
    }
    this.states.set(digest, { state: given, holders: 1, bytes: undefined, asked: 0 });
    for (const vector of new Set(vectorsOf(given))) this.uses.set(vector, (this.uses.get(vector) ?? 0) + 1);
    return given;
  }

  holders(digest: Digest): number {
    return this.states.get(digest)?.holders ?? 0;
  }

  /** The canonical bytes of a held state, in memory that threads share; only to be read. */
  bytesOf(digest: Digest): Uint8Array {
    const held = this.states.get(digest);
    assert(held !== undefined, `state ${digest} is held`);
    const bytes = held.bytes ?? encodeAgreedState(held.state);
    held.asked += 1;
    held.bytes = held.asked < this.peers ? bytes : undefined;
    return bytes;
  }

  /** Whoever held the state reads it no more. */
  letGo(digest: Digest): void {
    const held = this.states.get(digest);
    assert(held !== undefined, `state ${digest} is held`);
    held.holders -= 1;
    if (held.holders > 0) return;
    this.states.delete(digest);
    for (const vector of new Set(vectorsOf(held.state))) {
      const uses = (this.uses.get(vector) ?? 0) - 1;
      if (uses > 0) this.uses.set(vector, uses);
      else this.uses.delete(vector);
    }
    this.giveUnused(held.state);
  }

  private giveUnused(state: AgreedState): void {
    for (const vector of new Set(vectorsOf(state))) if (!this.uses.has(vector)) this.spare?.give(vector);
  }
}
