// Two rules under three attacks: how far does the aggregate move away from the honest mean?
import { aggregate } from 'synod/aggregation';
import { createAttack, forge } from 'synod/attacks';

const [n, f, d] = [12, 3, 1000];
const noise = (i, k) => Math.sin(12.9898 * i + 78.233 * k);
const honest = Array.from({ length: n - f }, (_, i) =>
  Float32Array.from({ length: d }, (_, k) => 1 + noise(i, k)),
);
const mean = aggregate(honest, { pipeline: 'mean', f: 0 }).vector;
const distance = (vector) => Math.hypot(...vector.map((x, k) => x - mean[k]));

const rules = { mean: 'mean', 'nnm + median': { pre: ['nnm'], rule: 'median' } };
const table = {};
for (const kind of ['sign-flip', 'alie', { kind: 'ipm', epsilon: 2 }]) {
  const attack = createAttack(kind);
  table[attack.name] = {};
  for (const [name, pipeline] of Object.entries(rules)) {
    const defence = { pipeline, f };
    const forged = forge(attack, honest, { byzantine: f, defence });
    table[attack.name][name] = distance(aggregate([...honest, ...forged], defence).vector).toFixed(2);
  }
}
console.table(table);
