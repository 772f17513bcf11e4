/** What a receiver of an experiment takes. */
import assert from 'node:assert/strict';
import { parseExperiment } from '../../src/config/experiment.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createReceiver } from '../../src/round/create-receiver.ts';
import { simulatedRoster } from '../../simulations/training/training-lab.ts';

const D = 1024;
const PARAMETERS = [{ name: 'w', shape: [D] }];

function receiverOf(estimator: unknown) {
  const experiment = parseExperiment({
    ...{ committee: { size: 1 }, roster: simulatedRoster(3), data: 'glyphs', optimizer: 0.1 },
    model: { kind: 'mlp', hidden: [2] },
    aggregation: { f: 1, rule: 'median' },
    compression: { contribution: 'int8', update: 'bfloat16' },
    estimator,
  });
  return createReceiver(experiment, { parameters: PARAMETERS }, createPlainLinearAlgebra()).receiver;
}

describe('the receiver of an experiment', () => {
  it('takes uncompressed contributions only where some rounds ask for them', () => {
    const compressed = D + 4 * (D / 256);
    for (const estimator of ['sgd', 'momentum', 'mu2-sgd', { kind: 'local-steps', steps: 2 }]) {
      assert.equal(receiverOf(estimator).maxContributionBytes, compressed, JSON.stringify(estimator));
    }
    for (const estimator of [
      { kind: 'vr-marina-pp', full: { every: 3 } },
      { kind: 'momentum', clipDifferences: { relativeTo: 'step' } },
    ]) {
      assert.equal(receiverOf(estimator).maxContributionBytes, 4 * D, JSON.stringify(estimator));
    }
  });
});
