/** What a worker's own training can come to: numbers that left the range of float32, so that nobody takes them. */

/** `loss`: of its minibatches; `contribution`: the gradient, or what the estimator made of it. */
export type TrainingFault = 'loss' | 'contribution';

/** Undefined where the loss and, as `isFinite` says, the contribution are finite. The loss is told first: a loss without a value has no gradient either. */
export function trainingFaultOf(loss: number, isFinite: boolean): TrainingFault | undefined {
  if (!Number.isFinite(loss)) return 'loss';
  return isFinite ? undefined : 'contribution';
}

/** A sentence for the operator of the peer that trained. */
export function describeTrainingFault(round: number, fault: TrainingFault): string {
  const what = fault === 'loss' ? 'the loss' : 'the gradient';
  return (
    `${what} of this peer is not finite in round ${round}: its contributions are refused from here on ` +
    '(the model has diverged: try a lower learning rate, or look for NaN in the data or the task)'
  );
}
