import assert from 'node:assert/strict';
import { DEFAULT_PIPELINE } from '../../../src/aggregation/default-pipeline.ts';
import { describeExperiment, printDescription } from '../../../nodes/describe-experiment.ts';
import { experimentId, parseExperiment } from '../../../src/config/experiment.ts';
import { hashOf } from '../../../src/crypto/hash.ts';
import { PeerKey } from '../../../src/crypto/peer-key.ts';
import { sizeWithFiles } from '../../../src/run/known-size.ts';
import { runSynod } from '../../support/cli.ts';

const idOf = (i: number) => new PeerKey(hashOf('check', i)).id;
const experiment = parseExperiment({
  name: 'ten',
  roster: Array.from({ length: 10 }, (_, i) => idOf(i)),
  aggregation: { rule: 'median', f: 2 },
  committee: { size: 7, byzantine: 2 },
});

describe('synod check', () => {
  it('tells what an experiment means', () => {
    const { committee, ...rest } = describeExperiment(experiment, { self: idOf(3) });
    assert.equal(rest.experiment, experimentId(experiment), 'the id');
    assert.deepEqual(rest.cohort, { size: 10, minimum: 5 }, 'the cohort');
    const price = { passes: 1, productsPerNumber: 0 };
    assert.deepEqual(rest.rule, { name: 'median', f: 2, price }, 'the rule');
    assert.equal(rest.place?.index, experiment.roster.indexOf(idOf(3)), 'the place');
    assert.deepEqual(committee, { size: 7, mayMiss: 2, failure: 0 }, 'two of ten cannot be a third of seven');
  });

  it('says it to people too, and whether a peer is in the roster', () => {
    const text = printDescription(describeExperiment(experiment, { self: idOf(99) }));
    assert.match(text, /^experiment [0-9a-f]{64}$/m, 'the id');
    assert.match(text, /protocol version \d+$/m, 'what builds must have in common');
    assert.match(text, /a round needs 5 contributions; median bears f = 2/, 'the rule');
    assert.match(text, new RegExp(`${idOf(99)} is NOT in the roster`), 'a stranger');
    assert.doesNotMatch(text, /unsafe/, 'a committee that cannot fail needs no odds');
  });

  it('names the default rule where the file has none, with its price', () => {
    const { roster } = experiment;
    const plain = parseExperiment({ roster, aggregation: { f: 2 } });
    assert.deepEqual(plain.aggregation.pipeline, DEFAULT_PIPELINE);
    assert.equal(plain.aggregation.f, 2);
    const text = printDescription(describeExperiment(plain));
    assert.match(text, /arc \+ nnm \+ trimmed-mean bears f = 2/, 'as people write it');
    assert.match(text, /one aggregation is 2 passes over the contributions with 15\.5 products a number/);
    assert.throws(
      () => parseExperiment({ roster, aggregation: { f: 2, rul: 'mean' } }),
      /aggregation\.rul must be a part of a pipeline/,
      'a misspelt rule is no missing one',
    );
  });

  it('says what it could not check, and how it can be', () => {
    const description = describeExperiment(experiment);
    assert.equal(description.parameters, undefined, 'no size was given');
    assert.match(
      printDescription(description),
      /^  not checked: sizes, and whether mlp takes this data: .* --data-dir DIR checks it$/m,
    );
  });

  it('says the sizes, and the seconds that a line needs', async () => {
    const size = await sizeWithFiles(experiment, undefined);
    const description = describeExperiment(experiment, { size, lineBytesPerSecond: 12_500_000 });
    const { parameters, contributionBytes, memberReceivesBytes = 0, memberReceivesSeconds } = description;
    assert.equal(parameters, 257 * 64 + 65 * 10, 'two layers over 16 x 16 pixels');
    assert.equal(memberReceivesBytes, 10 * (contributionBytes ?? 0), 'a cohort of ten');
    assert.equal(memberReceivesSeconds, memberReceivesBytes / 12_500_000, 'seconds');
    const text = printDescription(description);
    assert.match(text, /^  17,098 parameters$/m, 'parameters');
    assert.match(
      text,
      /^  a contribution has 17 KiB, an update 33\.4 KiB, the state 66\.8 KiB; a member receives 170 KiB of contributions a round, 14 ms on such a line$/m,
      'bytes',
    );
    assert.match(
      text,
      /^  vectors and bodies take 5\d\d KiB of a peer's memory, beside what trains$/m,
      'memory',
    );
  });
});

describe('synod', function () {
  this.timeout(60_000);

  const FAULTS: readonly (readonly [readonly string[], RegExp])[] = [
    [['frobnicate'], /^synod: there is no command frobnicate; `synod --help` lists them$/m],
    [
      ['plan', '--peers', 'many', '--byzantine', '1'],
      /^synod: --peers must be a whole number of at least 1, got "many"$/m,
    ],
    [
      ['plan', '--peers=many', '--byzantine', '1'],
      /^synod: --peers must be a whole number of at least 1, got "many"$/m,
    ],
    [['check', 'none.yaml'], /^synod: cannot read none\.yaml: it does not exist$/m],
  ];
  for (const [args, sentence] of FAULTS) {
    it(`answers "${args.join(' ')}" with one sentence`, async () => {
      const { code, stdout, stderr } = await runSynod(args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, sentence, 'names field, rule and value');
      assert.doesNotMatch(stderr, /\n\s+at /, 'no stack trace');
      assert.equal(stdout, '', 'nothing on stdout');
    });
  }
});
