// A rule of one's own (rules/trimmed-midrange.mjs) in a simulated run of six peers, of which one sends noise.
import { simulate } from 'synod/simulate';

const run = simulate({
  ...{ peers: 6, byzantine: 1, attack: { kind: 'gaussian', deviation: 5 }, seed: 'example' },
  folder: import.meta.dirname,
  experiment: {
    rounds: 3,
    timing: { collectMs: 60_000 },
    aggregation: { f: 1, rule: './rules/trimmed-midrange.mjs', trim: 1 },
  },
});
const { accuracy, loss, agreed, experiment } = await run.result;
console.log(`accuracy ${accuracy.toFixed(2)}, loss ${loss.toFixed(3)}, all peers agree: ${agreed}`);
console.log(`the rule is ${experiment.aggregation.pipeline.rule.digest}`);
