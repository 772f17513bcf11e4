// Ten vectors, three of them forged: the mean follows the liars, the robust rule does not.
import { aggregate } from 'synod/aggregation';

const honest = Array.from({ length: 7 }, (_, i) => Float32Array.of(1 + 0.01 * i, 2 - 0.01 * i));
const forged = Array.from({ length: 3 }, () => Float32Array.of(-40, 70));
const vectors = [...honest, ...forged];

const show = ({ vector }) => Array.from(vector, (x) => x.toFixed(2)).join(', ');
console.log('mean       ', show(aggregate(vectors, { pipeline: 'mean', f: 3 })));

const pipeline = { pre: ['nnm'], rule: 'trimmed-mean' };
console.log('nnm + trim ', show(aggregate(vectors, { pipeline, f: 3 })));
