/**
 * `synod/verify`: checks what a run has certified, without the run: no network, no data, no key of one's own. A
 * certificate holds more than two thirds of its committee's signatures on a round's list of contributions, its update
 * and the state that follows; the committee is drawn by the randomness of the rounds before, so certificates are checked
 * in order, from the first round on (docs/protocol.md).
 *
 * @module synod/verify
 */
import type { Experiment } from '../config/experiment.ts';
import { parseExperiment } from '../config/experiment.ts';
import { loadExperiment, pinExperiment } from '../config/experiment-file.ts';
import { protocolConfigOf } from '../config/protocol-config.ts';
import { createReceivingApplication } from '../learning/receiving-application.ts';
import { openLinearAlgebra } from '../linalg/open-linear-algebra.ts';
import { MessageCodec } from '../messages/message-codec.ts';
import { committeeOf, genesisChain } from '../protocol/chain/chain.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { signersOf } from '../protocol/verification/certificate-signers.ts';
import { REAL_SCHEMES, verifyCertificate } from '../protocol/verification/light-verification.ts';
import { Verifier } from '../protocol/verification/verifier.ts';
import { certificatesOf } from '../run/certificates-of.ts';
import { configWithoutModel, openRun } from '../run/open-run.ts';
import { verifyRun } from '../run/verify-run.ts';
import { knownShapeOf } from '../training/data/data-shape.ts';
import { provideDataset } from '../training/data/provide-dataset.ts';
import { shapeOf } from '../training/open-data.ts';
import { openTask } from '../training/open-task.ts';

export type { Experiment } from '../config/experiment.ts';

/**
 * An experiment from its file (YAML or JSON), or from the fields of one. Throws one sentence that names field, rule and
 * value.
 */
export function readExperiment(source: string | Readonly<Record<string, unknown>>): Experiment {
  return typeof source === 'string' ? loadExperiment(source) : pinExperiment(parseExperiment(source), '.');
}

export type CertificateVerdict =
  | {
      readonly ok: true;
      readonly round: number;
      /** 64 hexadecimal digits, of the whole state after the round: model, roster and randomness. */
      readonly stateDigest: string;
      /** Of what is learnt alone. */
      readonly modelDigest: string;
      /** SHA-256 of the update's bytes. */
      readonly updateDigest: string;
      /** Who proposed the list, who signed, whose contributions are in it: peer ids. */
      readonly author: string;
      readonly signers: readonly string[];
      readonly contributors: readonly string[];
    }
  | {
      readonly ok: false;
      /** `malformed`, or the rule that it breaks, such as `bad-certificate` or `other-anchor` (another round or history). */
      readonly fault: string;
    };

export interface CertificateVerifier {
  /** The round whose certificate comes next; 0 at first. */
  readonly round: number;
  /** Of the whole state before that round. */
  readonly stateDigest: string;
  /** Checks the next certificate, bytes as peers send them. Never throws; where it is refused the verifier stays where it is. */
  verify(certificate: Uint8Array): CertificateVerdict;
}

export interface VerifierOptions {
  /** Where the data set lies, where only its files tell the model's shape. */
  readonly dataDir?: string;
}

/**
 * A verifier that stands before round 0. It builds the experiment's model once, since the first certificate is signed on
 * its initial parameters.
 */
export async function openCertificateVerifier(
  experiment: Experiment,
  { dataDir }: VerifierOptions = {},
): Promise<CertificateVerifier> {
  return new ChainVerifier(await configOf(experiment, dataDir));
}

async function configOf(experiment: Experiment, dataDir: string | undefined): Promise<ProtocolConfig> {
  const { data, model } = experiment;
  const shape =
    knownShapeOf(data) ??
    (await shapeOf(await provideDataset(data, dataDir === undefined ? {} : { dataDir }), model));
  const linalg = openLinearAlgebra({ threads: 1 });
  try {
    return protocolConfigOf(
      experiment,
      createReceivingApplication(experiment, await openTask(model, shape), linalg),
    );
  } finally {
    linalg.close();
  }
}

class ChainVerifier implements CertificateVerifier {
  private readonly config: ProtocolConfig;
  private readonly codec: MessageCodec;
  private readonly verifier: Verifier;
  private chain;

  constructor(config: ProtocolConfig) {
    this.config = config;
    this.codec = new MessageCodec(config);
    this.verifier = new Verifier(config, REAL_SCHEMES);
    this.chain = genesisChain(config);
  }

  get round(): number {
    return this.chain.round;
  }

  get stateDigest(): string {
    return this.chain.anchor;
  }

  verify(bytes: Uint8Array): CertificateVerdict {
    const { config, chain } = this;
    const decision = this.codec.decodeDecision(bytes, chain.roster.seats.length);
    if (decision === undefined) return { ok: false, fault: 'malformed' };
    const check = verifyCertificate(decision, { config, chain }, this.verifier);
    if (!check.ok) return check;
    this.chain = check.next;
    const { value, outcome, certificate } = decision;
    const committee = committeeOf(config, chain, certificate.attempt);
    return {
      ok: true,
      round: chain.round,
      stateDigest: check.next.anchor,
      modelDigest: outcome.applicationDigest,
      updateDigest: outcome.updateDigest,
      author: value.author,
      signers: signersOf(committee, certificate).map(({ voter }) => voter),
      contributors: value.contributions.map(({ worker }) => worker),
    };
  }
}

/**
 * The experiment and the certificates that lie in a stopped peer's folder, from round 0 on, unchecked. Throws one
 * sentence where it holds no run.
 */
export async function readCertificates(folder: string): Promise<{
  readonly experiment: Experiment;
  readonly certificates: readonly Uint8Array[];
}> {
  const { store, experiment } = await openRun(folder);
  try {
    return { experiment, certificates: await certificatesOf(store, configWithoutModel(experiment)) };
  } finally {
    await store.close();
  }
}

export interface HistoryVerdict {
  /** Nothing is wrong. */
  readonly ok: boolean;
  /** Everything that was asked for could be checked: no update or contribution is missing. */
  readonly complete: boolean;
  /** The experiment's id, 64 hexadecimal digits. */
  readonly experiment: string;
  /** Rounds in the folder; of these: certificate and sampling right, update leads to the certified state, aggregate computed again. */
  readonly rounds: number;
  readonly certified: number;
  readonly applied: number;
  readonly recomputed: number;
  /** One sentence each; `round` is null where the store as a whole is meant. */
  readonly faults: readonly { readonly round: number | null; readonly what: string }[];
  /** `ROUND:DIGEST`, as `synod peer --trust` takes it: the state after the last certified round. */
  readonly trust: string;
}

export interface HistoryOptions {
  /** Computes every aggregate again; of peers that ran with `--keep-contributions`. */
  readonly recompute?: boolean;
  /** `ROUND:DIGEST` of a state that the history must contain. */
  readonly trust?: string;
  /** The experiment file, where the model is one of its user's own. */
  readonly experiment?: string;
  readonly dataDir?: string;
  /** Threads that aggregate, at least 1. */
  readonly threads?: number;
  readonly onRound?: (round: number, last: number) => void;
}

/** Checks the whole history in a stopped peer's folder, as `synod verify-run` does. Faults are told, not thrown. */
export async function verifyHistory(folder: string, options: HistoryOptions = {}): Promise<HistoryVerdict> {
  const { onRound, recompute = false, threads = 1, ...rest } = options;
  return verifyRun({ dir: folder, recompute, threads, ...rest }, onRound);
}
