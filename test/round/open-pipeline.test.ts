import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aggregate } from '../../src/aggregation/aggregate.ts';
import { parsePipeline } from '../../src/aggregation/pipeline.ts';
import { pipelineName } from '../../src/aggregation/pipeline-name.ts';
import { parseExperiment } from '../../src/config/experiment.ts';
import { pinExperiment } from '../../src/config/experiment-file.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { loadRules, openPipeline } from '../../src/round/open-pipeline.ts';

const ROSTER = Array.from({ length: 5 }, (_, i) => new PeerKey(hashOf('open-pipeline', i)).id).sort();

describe("opening a rule of one's own", () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-open-pipeline-'));
  after(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `import { defineRule } from 'synod/aggregation';\nimport { z } from 'zod';\n${text}`);
    return path;
  };

  it('runs as built-in rules do, coordinate by coordinate, with its settings, behind a pre-aggregator', async () => {
    const rule = write(
      'greatest.ts',
      `export default defineRule('greatest', {
         source: 'a test', settings: { rank: z.int().default(1) },
         columns: ({ rank }: { rank: number }, { n }) => ({ kind: 'sorted', of: (x) => x[n - rank]! }),
       });`,
    );
    const pipeline = await loadRules(parsePipeline({ pre: [{ name: 'clip', c: 5 }], rule, rank: 2 }, ''));
    assert.equal(pipelineName(pipeline), 'clip (c 5) + greatest.ts (rank 2)');
    const linalg = createPlainLinearAlgebra();
    const inputs = linalg.createMatrix(3, 2);
    [
      [1, 2],
      [2, 1],
      [30, 40],
    ].forEach((row, i) => inputs.row(i).set(row));
    const out = new Float32Array(2);
    aggregate(pipeline, inputs, { f: 1, linalg, out });
    assert.deepEqual(
      [...out],
      [2, 2],
      '[30, 40] is clipped to [3, 4]; the second greatest of each coordinate',
    );
  });

  it('says in one sentence what is wrong with a file, its settings, or its bound', async () => {
    const refused = async (text: string, sentence: RegExp, settings: object = {}): Promise<void> => {
      const experiment = pinExperiment(
        parseExperiment({
          roster: ROSTER,
          aggregation: { f: 1, rule: write(`rule-${ROSTER.length}.mjs`, text), ...settings },
        }),
        folder,
      );
      // a file of another name: Node keeps what it has loaded
      const { rule } = experiment.aggregation.pipeline;
      assert.ok(rule.name === 'module');
      const path = write(`rule-${rule.digest}.mjs`, text);
      const own = { ...rule, path };
      const pipeline = { ...experiment.aggregation.pipeline, rule: own };
      await assert.rejects(openPipeline({ ...experiment, aggregation: { f: 1, pipeline } }), sentence);
    };
    const mean = "columns: () => ({ kind: 'median', ties: 'mean' })";
    await refused('export default 7;', /must export a rule made by defineRule as its default/);
    await refused('nonsense(;', /the rule module .* does not load/);
    await refused(
      `export default defineRule('strict', { source: '', fault: (_s, n) => n > 9 ? undefined : 'n > 9', ${mean} });`,
      /^OperatorError: aggregation: strict needs n > 9, but n = 3 and f = 1/,
    );
    await refused(
      `export default defineRule('set', { source: '', settings: { tau: z.number() }, ${mean} });`,
      /the rule .*\.tau must be a number, got "much"/,
      { tau: 'much' },
    );
    await refused(
      `export default defineRule('last', { source: '', measures: () => ({ level: 'gram', anchors: ['start'] }),
         combine: () => ({ combination: new Float64Array(4) }) });`,
      /must work from the inputs alone, but it takes the previous aggregate/,
    );
  });

  it('refuses a file that changed after the experiment was read', async () => {
    const path = write('late.mjs', 'export default 1;');
    const experiment = pinExperiment(
      parseExperiment({ roster: ROSTER, aggregation: { f: 1, rule: path } }),
      folder,
    );
    write('late.mjs', 'export default 2;');
    await assert.rejects(openPipeline(experiment), /the digest of .*late\.mjs must be .* as stated, got/);
  });
});
