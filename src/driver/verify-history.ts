/**
 * Checks the history in a peer's store from genesis on, without a network: every certificate, cohort, committee and
 * beacon proof; with an application every state digest, by applying every update; and, where asked for, every
 * aggregate, from the stored contributions. Faults are collected: a wrong certificate ends the check, since nothing
 * after it has a chain to stand on.
 */
import { bodyDigest } from '../crypto/body-digest.ts';
import { carriedBy } from '../protocol/round/body-binding.ts';
import type { Digest } from '../crypto/hash.ts';
import { equalBytes } from '../foundation/bytes.ts';
import type { Decision } from '../messages/decision.ts';
import { genesisChain, type Chain } from '../protocol/chain/chain.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { REAL_SCHEMES } from '../protocol/verification/light-verification.ts';
import { contradicts, type TrustedState } from '../protocol/chain/trusted-state.ts';
import type { VerifierSchemes } from '../protocol/verification/statement-verifier.ts';
import { Verifier } from '../protocol/verification/verifier.ts';
import { StoreError, type Store } from '../storage/store.ts';
import type { StateApplication } from '../learning/application.ts';
import type { RoundContext } from '../crypto/beacon.ts';
import type { Contribution } from '../round/contribution-rows.ts';
import { StoredHistory, type CheckedDecision } from './stored-history.ts';

export interface HistoryFault {
  /** null: of the store as a whole. */
  readonly round: number | null;
  /** One sentence. */
  readonly what: string;
}

export interface HistoryReport {
  /** Rounds whose certificate, sampling, beacon proof and roster changes were found right. */
  readonly certified: number;
  /** Rounds whose update was applied and led to the certified state. */
  readonly applied: number;
  /** Rounds whose aggregate was computed again from the contributions and was the certified one. */
  readonly recomputed: number;
  /** Bodies of rounds below it were dropped, to keep within the store's limit: 0 where none were. */
  readonly droppedBelow: number;
  /** Rounds without a stored update: certified, not applied. */
  readonly withoutUpdate: number;
  /** Rounds that could not be recomputed, since the contributions, or the state before, are not here. */
  readonly withoutContributions: number;
  /** Checkpoints whose state was found to be the certified one. */
  readonly checkpoints: number;
  readonly faults: readonly HistoryFault[];
  /** Digest of the whole state after the last certified round. */
  readonly anchor: Digest;
}

export interface VerifyHistoryOptions {
  /** In its genesis state; undefined checks without the model. */
  readonly application?: StateApplication | undefined;
  /** Also computes every aggregate again; needs the application, and contributions that were kept. */
  readonly recompute?: boolean;
  readonly schemes?: VerifierSchemes;
  /** A state that the history must contain. */
  readonly trusted?: TrustedState | undefined;
  readonly onRound?: (round: number, last: number) => void;
}

export async function verifyHistory(
  store: Store,
  config: ProtocolConfig,
  options: VerifyHistoryOptions = {},
): Promise<HistoryReport> {
  return new HistoryCheck(store, config, options).run();
}

class HistoryCheck {
  private readonly store: Store;
  private readonly config: ProtocolConfig;
  private readonly options: VerifyHistoryOptions;
  private readonly history: StoredHistory;
  private readonly verifier: Verifier;
  private readonly faults: HistoryFault[] = [];
  private chain: Chain;
  /** Chains that a stored checkpoint claims to hold, as this history has them. */
  private readonly passed = new Map<number, Chain>();
  /** Whether the application stands where the chain does. */
  private following: boolean;
  private certified = 0;
  private applied = 0;
  private recomputed = 0;
  private withoutUpdate = 0;
  private withoutContributions = 0;
  private checkpoints = 0;

  constructor(store: Store, config: ProtocolConfig, options: VerifyHistoryOptions) {
    this.store = store;
    this.config = config;
    this.options = options;
    this.history = new StoredHistory(store, config, {
      onDamage: (error, round) => this.damaged(error, round),
    });
    this.verifier = new Verifier(config, options.schemes ?? REAL_SCHEMES, undefined, options.trusted);
    this.chain = genesisChain(config);
    this.following = options.application !== undefined;
  }

  async run(): Promise<HistoryReport> {
    const { store } = this;
    for (const what of store.condition.damage) this.faults.push({ round: null, what });
    const { application } = this.options;
    if (application !== undefined && application.stateDigest !== this.config.genesis.applicationDigest) {
      this.fault(`the model begins with state ${application.stateDigest}, which is not the described one`);
      this.following = false;
    }
    const last = store.history?.last ?? -1;
    if ((store.history?.first ?? 0) > 0) this.fault(`the history begins at round ${store.history?.first}`);
    const stored = new Set(await store.checkpoints());
    this.passed.set(0, this.chain);
    let broken = false;
    for await (const step of last < 0 ? [] : this.history.checked(this.config, this.verifier)) {
      broken = !(await this.checkRound(step));
      if (broken) break;
      if (stored.has(this.chain.round)) this.passed.set(this.chain.round, this.chain);
      await this.catchUpFromCheckpoint(stored);
      this.options.onRound?.(this.chain.round - 1, last);
      if (this.chain.round > last) break;
    }
    if (!broken && this.chain.round <= last) this.fault('the decision is missing or cannot be read');
    this.checkTrusted();
    for (const round of stored) await this.checkCheckpoint(round);
    const { certified, applied, recomputed, withoutUpdate, withoutContributions, checkpoints, faults } = this;
    const { anchor } = this.chain;
    return {
      certified,
      applied,
      recomputed,
      withoutUpdate,
      withoutContributions,
      droppedBelow: store.droppedBelow,
      checkpoints,
      faults,
      anchor,
    };
  }

  private fault(what: string, round = this.chain.round): void {
    this.faults.push({ round, what });
  }

  /** That the history, where nothing else is wrong with it, contains the trusted state. */
  private checkTrusted(): void {
    const { trusted } = this.options;
    if (trusted === undefined || this.faults.length > 0) return;
    if (trusted.round > this.chain.round) {
      this.fault(`the history ends before round ${trusted.round}, whose state is the trusted one`);
    } else if (trusted.round === 0 && contradicts(trusted, genesisChain(this.config))) {
      this.fault(`it begins with another state than the trusted ${trusted.anchor}`, 0);
    }
  }

  /** False where the chain cannot go on. */
  private async checkRound({ stored, before, check }: CheckedDecision): Promise<boolean> {
    const { round, seed } = before;
    if (!check.ok) {
      this.fault(
        check.fault === 'untrusted'
          ? `it leads to another state than the trusted ${this.options.trusted?.anchor}`
          : `the decision is not certified: ${check.fault}`,
      );
      return false;
    }
    this.certified += 1;
    if (!equalBytes(stored.seed, seed)) this.fault('the stored seed is not the beacon’s');
    await this.checkUpdate(check.decision, { round, seed });
    this.chain = check.next;
    return true;
  }

  private async checkUpdate(decision: Decision, context: RoundContext): Promise<void> {
    const { application, recompute } = this.options;
    const { outcome } = decision;
    if (recompute === true && !(this.following && (await this.recompute(decision, context)))) {
      this.withoutContributions += 1;
    }
    const update = await this.read(this.store.update(context.round));
    if (update === undefined) {
      this.withoutUpdate += 1;
      this.following = false;
      return;
    }
    if (update.length !== outcome.updateByteLength || bodyDigest(update) !== outcome.updateDigest) {
      this.fault('the stored update is not the certified one');
      this.following = false;
      return;
    }
    if (application === undefined || !this.following) return;
    const digest = await application.apply(context, update);
    if (digest === outcome.applicationDigest) this.applied += 1;
    else {
      this.fault(`the update leads to state ${digest}, certified was ${outcome.applicationDigest}`);
      this.following = false;
    }
  }

  /** The application stands before the round. False where contributions are missing. */
  private async recompute({ value, outcome }: Decision, context: RoundContext): Promise<boolean> {
    const application = this.options.application as StateApplication;
    const skip = value.contributions.length < this.config.minContributions;
    const contributions: Contribution[] = [];
    for (const { worker, digest, byteLength } of skip ? [] : value.contributions) {
      const body = await this.read(this.store.contribution(digest));
      if (body === undefined) return false;
      const isSigned = body.length === byteLength && bodyDigest(body) === digest;
      const carried = isSigned ? carriedBy(body, { anchor: value.anchor, worker }) : undefined;
      const fault =
        carried === undefined
          ? `not ${isSigned ? 'its own' : 'the signed one'}`
          : await application.check(context, { worker, body: carried });
      if (fault !== undefined || carried === undefined) {
        this.fault(`the contribution of ${worker} is ${fault}`);
        return true;
      }
      contributions.push({ worker, body: carried });
    }
    const { update, stateDigest } = await application.aggregate(context, contributions);
    if (bodyDigest(update) === outcome.updateDigest && stateDigest === outcome.applicationDigest) {
      this.recomputed += 1;
    } else this.fault('the contributions lead to another update than the certified one');
    return true;
  }

  /** Goes on applying after rounds without updates, from a checkpoint that stands here. */
  private async catchUpFromCheckpoint(stored: ReadonlySet<number>): Promise<void> {
    const { application } = this.options;
    if (this.following || application === undefined || !stored.has(this.chain.round)) return;
    this.following = await this.restores(application, this.chain.round);
  }

  private async checkCheckpoint(round: number): Promise<void> {
    const { application } = this.options;
    const passed = this.passed.get(round);
    if (passed === undefined) return this.fault('the checkpoint is of no round of this history', round);
    if (application !== undefined && (await this.restores(application, round))) this.checkpoints += 1;
  }

  /** Puts the checkpoint's state into the application; a fault where it is not the certified one. */
  private async restores(application: StateApplication, round: number): Promise<boolean> {
    const found = await this.history.checkpoint(round);
    const passed = this.passed.get(round);
    if (found === undefined || found.chain.anchor !== passed?.anchor) {
      this.fault('the checkpoint is of another chain or cannot be read', round);
      return false;
    }
    const digest = await application.restore(found.state).catch(() => undefined);
    if (digest === passed.applicationDigest) return true;
    this.fault(`the checkpoint holds state ${digest ?? 'that cannot be read'}, not the certified one`, round);
    return false;
  }

  private async read<T>(stored: Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await stored;
    } catch (error) {
      this.damaged(error, this.chain.round);
      return undefined;
    }
  }

  private damaged(error: unknown, round: number): void {
    if (!(error instanceof StoreError && error.code === 'damaged')) throw error;
    this.fault(error.message, round);
  }
}
