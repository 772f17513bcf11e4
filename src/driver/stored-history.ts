/**
 * The one reader of a stored history: its records, and walks over its decisions. What runs, checks, exports and explains
 * all read through it; they differ in what they do with a decision, and in what a damaged record means to them.
 */
import type { MessageLimits } from '../messages/limits.ts';
import { RecordCodec } from '../messages/record-codec.ts';
import { drawCohort, genesisChain, type Chain } from '../protocol/chain/chain.ts';
import { genesisRoster, nextRoster, type Roster } from '../protocol/chain/roster.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { verifyCertificate, type CertificateCheck } from '../protocol/verification/light-verification.ts';
import type { Verifier } from '../protocol/verification/verifier.ts';
import type { Store } from '../storage/store.ts';
import type { StoredCheckpoint, StoredDecision } from './ledger-port.ts';

/** What is read of a store; a test or a tool may have less than a whole one. */
export type Records = Pick<Store, 'decision' | 'checkpoint' | 'checkpoints' | 'aboutCheckpoint'>;

export interface StoredHistoryOptions {
  /** Told of a record that is damaged, which then counts as missing; without it reading one throws. */
  readonly onDamage?: (error: unknown, round: number) => void;
}

/** A decision on top of the chain that the decisions before it led to. */
export interface CheckedDecision {
  readonly stored: StoredDecision;
  readonly before: Chain;
  readonly check: CertificateCheck;
}

/** A decision with the rosters around it, as the records have them. */
export interface RosterStep {
  readonly stored: StoredDecision;
  readonly before: Roster;
  readonly after: Roster;
}

export class StoredHistory {
  private readonly records: Records;
  private readonly codec: RecordCodec;
  private readonly onDamage: StoredHistoryOptions['onDamage'];

  constructor(records: Records, limits: MessageLimits, { onDamage }: StoredHistoryOptions = {}) {
    this.records = records;
    this.codec = new RecordCodec(limits);
    this.onDamage = onDamage;
  }

  /** Undefined where it is missing or no decision. */
  async decision(round: number): Promise<StoredDecision | undefined> {
    const bytes = await this.read(this.records.decision(round), round);
    return bytes === undefined ? undefined : this.codec.decodeDecision(bytes);
  }

  /** Undefined where it is missing or no checkpoint. */
  async checkpoint(round: number): Promise<StoredCheckpoint | undefined> {
    const found = await this.read(this.records.checkpoint(round), round);
    const chain = found === undefined ? undefined : this.codec.decodeChain(found.about);
    return found === undefined || chain === undefined ? undefined : { chain, state: found.state };
  }

  /** Where a checkpoint's state stands, without reading the state. */
  async checkpointChain(round: number): Promise<Chain | undefined> {
    const about = await this.read(this.records.aboutCheckpoint(round), round);
    return about === undefined ? undefined : this.codec.decodeChain(about);
  }

  /** The newest at or below a round that can be read. */
  async newestCheckpoint(atMostRound: number): Promise<StoredCheckpoint | undefined> {
    for (const round of await this.records.checkpoints()) {
      if (round > atMostRound) continue;
      const found = await this.checkpoint(round);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** From a round on, up to the first that is missing or cannot be read. */
  async *decisions(fromRound = 0): AsyncGenerator<StoredDecision, void> {
    for (let round = fromRound; ; round++) {
      const stored = await this.decision(round);
      if (stored === undefined) return;
      yield stored;
    }
  }

  /** From genesis, each checked on top of the chain before it; the first that does not stand there is the last. */
  async *checked(config: ProtocolConfig, verifier: Verifier): AsyncGenerator<CheckedDecision, void> {
    let before = genesisChain(config);
    for await (const stored of this.decisions()) {
      const check = verifyCertificate(stored.decision, { config, chain: before }, verifier);
      yield { stored, before, check };
      if (!check.ok) return;
      before = check.next;
    }
  }

  /** From genesis, without the model: the chain's anchors are not known, so nothing is checked. */
  async *rosters(config: ProtocolConfig): AsyncGenerator<RosterStep, void> {
    let before = genesisRoster(config.genesis.peers);
    for await (const stored of this.decisions()) {
      const { round, contributions, changes } = stored.decision.value;
      const cohort = drawCohort(config, { round, seed: stored.seed, roster: before });
      const contributors = new Set(contributions.map(({ worker }) => worker));
      const after = nextRoster(config, before, round, cohort, contributors, changes);
      yield { stored, before, after };
      before = after;
    }
  }

  private async read<T>(record: Promise<T | undefined>, round: number): Promise<T | undefined> {
    if (this.onDamage === undefined) return record;
    try {
      return await record;
    } catch (error) {
      this.onDamage(error, round);
      return undefined;
    }
  }
}
