import assert from 'node:assert/strict';
import { BINDING_BYTES } from '../../src/protocol/round/body-binding.ts';
import { parseExperiment } from '../../src/config/experiment.ts';
import { experimentSize, MAX_STATE_BYTES, type ExperimentSize } from '../../src/config/experiment-size.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { encodeAgreedState } from '../../src/estimation/agreed-state.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { openLinearAlgebra } from '../../src/linalg/open-linear-algebra.ts';
import { MAX_BODY_BYTES } from '../../src/network/limits.ts';
import { createReceiver } from '../../src/round/create-receiver.ts';
import { knownShapeOf } from '../../src/training/data/data-shape.ts';
import { initialParameters } from '../../src/training/initial-parameters.ts';
import { openTask } from '../../src/training/open-task.ts';

const ROSTER = Array.from({ length: 8 }, (_, i) => new PeerKey(hashOf('size', i)).id);
const context = { round: 0, seed: hashOf('size'), worker: ROSTER[0] as string };

const QSGD = 'qsgd';
const PARAMETERS_OF_16384 = (256 + 1) * 16_384 + (16_384 + 1) * 16_384 + (16_384 + 1) * 10;

/** A shorter one than the network's, which only a model that is refused already could pass by much. */
const SHORT_BODY_BYTES = 2 ** 30;

async function sizeOf(fields: object, maxBodyBytes = MAX_BODY_BYTES): Promise<ExperimentSize> {
  const experiment = parseExperiment({ roster: ROSTER, ...fields }, '');
  const { parameters } = await openTask(experiment.model, knownShapeOf(experiment.data));
  return experimentSize(experiment, parameters, maxBodyBytes);
}

describe('experiment size', () => {
  const linalg = openLinearAlgebra({ threads: 1 });
  after(() => linalg.close());

  const CASES: readonly (readonly [string, object])[] = [
    ['the defaults', {}],
    ['float32 both ways', { compression: { contribution: 'float32', update: 'float32' } }],
    ['an optimizer with momentum', { optimizer: { learningRate: 0.1, momentum: 0.9 } }],
    ['mu2-sgd', { estimator: 'mu2-sgd' }],
    [
      'differences',
      { estimator: { kind: 'vr-marina-pp', clip: 1 }, compression: { contribution: 'float32' } },
    ],
    ['a rule that starts at the last aggregate', { aggregation: { rule: 'centered-clipping', f: 1 } }],
  ];
  for (const [what, fields] of CASES) {
    it(`of ${what} is that of what is really encoded`, async () => {
      const experiment = parseExperiment({ roster: ROSTER, model: { kind: 'mlp', hidden: [8] }, ...fields });
      const task = await openTask(experiment.model, knownShapeOf(experiment.data));
      const size = experimentSize(experiment, task.parameters, MAX_BODY_BYTES);
      const first = initialParameters(task, 'size');
      const { receiver, estimator } = createReceiver(experiment, task, linalg);
      const state = estimator.initialState(first);
      assert.equal(size.parameters, first.length, 'parameters');
      assert.equal(size.stateBytes, encodeAgreedState(state).length, 'state');
      assert.equal(size.updateBytes, receiver.maxUpdateBytes, 'update');
      const plan = receiver.plan(state, context);
      const body = receiver.compressorFor(plan).encode(first, context);
      assert.equal(size.contributionBytes, body.length + BINDING_BYTES, 'contribution');
      assert.equal(size.memberReceivesBytes, 8 * size.contributionBytes, 'a member, of a cohort of all');
    });
  }

  it('counts what a peer holds: two states, its vectors and what serves in turn, and bodies', async () => {
    const vectorsOf = async (fields: object): Promise<number> => {
      const size = await sizeOf(fields);
      const { memoryBytes, stateBytes, contributionBytes, memberReceivesBytes, updateBytes, parameters } =
        size;
      const bodies = memberReceivesBytes + 2 * contributionBytes + updateBytes;
      return (memoryBytes - 2 * stateBytes - bodies) / (4 * parameters);
    };
    assert.equal(await vectorsOf({ estimator: 'sgd' }), 1, 'one in turn');
    assert.equal(await vectorsOf({ estimator: 'momentum' }), 2, 'the momentum');
    const feedback = { contribution: 'int8', feedback: 'ef14' };
    assert.equal(await vectorsOf({ estimator: 'momentum', compression: feedback }), 3, 'what was kept back');
    const inner = { kind: 'adamw' };
    assert.equal(await vectorsOf({ estimator: { kind: 'local-steps', inner } }), 4, 'two moments and a walk');
    assert.equal(await vectorsOf({ estimator: 'mu2-sgd' }), 5, 'three in turn, two kept');
  });

  it('counts uncompressed rounds and their larger cohort', async () => {
    const full = { kind: 'vr-marina-pp', fullCohort: 'all' };
    const size = await sizeOf({ estimator: full, cohort: { size: 3 }, compression: { contribution: QSGD } });
    assert.equal(size.contributionBytes, 4 * size.parameters + BINDING_BYTES, 'float32');
    assert.equal(size.memberReceivesBytes, 8 * size.contributionBytes, 'all eight');
  });

  it('passes what is large and works', async () => {
    const { parameters, stateBytes } = await sizeOf({ model: { kind: 'mlp', hidden: [16_384, 16_384] } });
    assert.equal(parameters, PARAMETERS_OF_16384, 'weights and biases of three layers');
    assert.ok(stateBytes > 4 * parameters && stateBytes < 4 * parameters + 100, 'one vector');
  });

  it('passes float32 both ways up to what a state may be', async () => {
    const float32 = { contribution: 'float32', update: 'float32' };
    const { parameters, contributionBytes, updateBytes } = await sizeOf({
      model: { kind: 'mlp', hidden: [32_634, 32_634] },
      compression: float32,
    });
    assert.ok(parameters > 2 ** 30 - 20_000 && updateBytes === 4 * parameters, `${parameters} parameters`);
    assert.ok(contributionBytes <= MAX_BODY_BYTES);
  });

  it('allows no state that the network would not carry', () => {
    assert.ok(MAX_STATE_BYTES <= MAX_BODY_BYTES);
  });

  const mlp = (...hidden: number[]) => ({ model: { kind: 'mlp', hidden } });
  const REFUSALS: readonly (readonly [string, object, RegExp])[] = [
    [
      'more than 2^30 parameters',
      mlp(65_536, 65_536),
      /^model\.hidden must make at most 2\^30 = 1,073,741,824 parameters, got 4\d{9}, 4,294,967,296 of them in layer1\.weight \[65536, 65536\]: is a narrower model meant\?$/,
    ],
    [
      'stages that are too wide',
      { model: { kind: 'resnet-18', width: 1024 }, data: 'cifar10' },
      /^model\.width must make at most 2\^30/,
    ],
    [
      'a contribution above a body',
      { ...mlp(16_384, 16_384), compression: { contribution: 'float32' } },
      /^compression\.contribution must make contributions of at most 1,073,741,824 bytes, got 1,\d{3},\d{3},\d{3} for 2\d\d,\d{3},\d{3} parameters: is a shorter format/,
    ],
    [
      'an update above a body',
      { ...mlp(16_384, 16_384), compression: { update: 'float32' } },
      /^compression\.update must make updates of at most/,
    ],
    [
      'uncompressed rounds above a body',
      { ...mlp(16_384, 16_384), estimator: { kind: 'vr-marina-pp' }, compression: { contribution: QSGD } },
      /^estimator must make uncompressed contributions of at most/,
    ],
    [
      'a state above a buffer',
      { ...mlp(24_000, 24_000), estimator: 'mu2-sgd', compression: { update: 'int8' } },
      /^model\.hidden must make a state of at most 4,294,967,296 bytes, got 4,\d{3},/,
    ],
  ];
  for (const [what, fields, sentence] of REFUSALS) {
    it(`refuses ${what}, and takes no memory for it`, async () => {
      const before = process.memoryUsage().arrayBuffers;
      await assert.rejects(
        sizeOf(fields, SHORT_BODY_BYTES),
        (error: Error) => error instanceof OperatorError && sentence.test(error.message),
      );
      assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 24, 'nothing of the length of the model');
    });
  }
});
