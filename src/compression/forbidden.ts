/** Combinations of estimator, compressor and error feedback that the theory forbids, refused when a file is loaded. */
import { invalidField } from '../foundation/operator-error.ts';
import type { Compressor } from './compressor.ts';
import type { FeedbackSpec } from './compressor-spec.ts';

/** A bias of this share of the squared norm is no more than a rounding error. */
const ROUNDING_BIAS = 1e-2;

export interface Combination {
  readonly compressor: Compressor;
  readonly feedback: FeedbackSpec;
  /** `Estimator.needsUnbiased` */
  readonly needsUnbiased: string | undefined;
  /** Peers share no state per worker; a fixed server may. */
  readonly receiverKeepsState: boolean;
}

/** Throws an OperatorError that names the field and the theorem. */
export function refuseForbidden({
  compressor,
  feedback,
  needsUnbiased,
  receiverKeepsState,
}: Combination): void {
  if (needsUnbiased !== undefined) {
    if (!compressor.unbiased) {
      throw invalidField('compressor', `be unbiased under ${needsUnbiased}`, compressor.name);
    }
    if (feedback.kind !== 'none') {
      throw invalidField(
        'feedback',
        `be none under ${needsUnbiased}; a memory of errors is a bias`,
        feedback.kind,
      );
    }
  }
  if (feedback.kind !== 'none' && compressor.alpha === undefined) {
    const theorem =
      'be a contraction under error feedback (EF14: Karimireddy et al. 2019, Theorem 2; EF21: Richtarik et al. 2021, Theorem 1)';
    throw invalidField(
      'compressor',
      `${theorem}, which omega >= 1 is not: leave its scaling out`,
      compressor.name,
    );
  }
  if (feedback.kind === 'ef21' && !receiverKeepsState) {
    const reason =
      "be none or ef14 among peers: EF21 needs every worker's estimate at every future committee member";
    throw invalidField('feedback', reason, feedback.kind);
  }
  if (feedback.kind === 'none' && !compressor.unbiased && 1 - (compressor.alpha ?? 0) > ROUNDING_BIAS) {
    const theorem =
      'be ef14 around a biased compressor: without it SGD need not converge (Karimireddy et al. 2019, Counterexamples 1-3)';
    throw invalidField('feedback', theorem, `none around ${compressor.name}`);
  }
}
