/**
 * What a member knows of the values that it saw in a round: whether they are well-formed, and the outcome of
 * aggregating their list, which the environment computes. A value's vote digest is known only after that.
 */
import type { Digest } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Outcome } from '../../messages/decision.ts';
import type { Value } from '../../messages/proposal.ts';
import type { Chain } from '../chain/chain.ts';
import type { Outbox } from '../outbox.ts';
import { contentDigest, valueDigest } from '../verification/statements.ts';

export type Assessment =
  | { readonly state: 'pending' }
  | { readonly state: 'invalid' }
  /** A body could not be had from anyone so far. */
  | { readonly state: 'unavailable' }
  | { readonly state: 'valid'; readonly digest: Digest; readonly outcome: Outcome };

export class Assessments {
  private readonly outbox: Outbox;
  private readonly chain: Chain;
  private readonly known = new Map<Digest, Assessment>();
  private readonly seeds = new Map<Digest, Uint8Array>();

  constructor(outbox: Outbox, chain: Chain) {
    this.outbox = outbox;
    this.chain = chain;
  }

  /** Where a value stands; asks for its aggregate the first time. */
  of(value: Value, sources: readonly PeerId[]): Assessment {
    const content = contentDigest(value);
    const known = this.known.get(content);
    if (known !== undefined) return known;
    const checked = this.outbox.verifier.value(this.chain, value);
    const first: Assessment = { state: checked.ok ? 'pending' : 'invalid' };
    this.known.set(content, first);
    if (!checked.ok) return first;
    this.seeds.set(content, checked.value);
    this.outbox.put({
      type: 'verify',
      context: { round: this.chain.round, seed: this.chain.seed },
      anchor: this.chain.anchor,
      value: content,
      contributions: value.contributions,
      skip: value.contributions.length < this.outbox.config.minContributions,
      sources,
    });
    return this.known.get(content) as Assessment;
  }

  /** The environment's answer. */
  verified(value: Value | undefined, content: Digest, outcome: Outcome | undefined, fault?: string): void {
    if (this.known.get(content)?.state !== 'pending') return;
    const seed = this.seeds.get(content);
    if (value !== undefined && outcome !== undefined && seed !== undefined) this.accept(value, outcome, seed);
    else this.known.set(content, { state: fault === 'unavailable' ? 'unavailable' : 'invalid' });
  }

  /** What could not be had may be had now. */
  retry(): void {
    for (const [content, { state }] of this.known) if (state === 'unavailable') this.known.delete(content);
  }

  /** A value whose outcome is known without computing it: from the own lock, or from a certified decision. */
  accept(value: Value, outcome: Outcome, nextSeed: Uint8Array): void {
    const digest = valueDigest(value, outcome, nextSeed);
    this.known.set(contentDigest(value), { state: 'valid', digest, outcome });
  }

  /** Keeps only the values that still matter. */
  retain(values: readonly Value[]): void {
    const wanted = new Set(values.map(contentDigest));
    for (const content of this.known.keys()) {
      if (wanted.has(content)) continue;
      this.known.delete(content);
      this.seeds.delete(content);
    }
  }

  get size(): number {
    return this.known.size;
  }
}
