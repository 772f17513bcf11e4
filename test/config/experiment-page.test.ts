import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseExperiment } from '../../src/config/experiment.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';

const page = readFileSync(new URL('../../docs/experiment.md', import.meta.url), 'utf8');
const GROUPS = ['compression', 'cohort', 'committee', 'timing'];

/** Field paths of the page's table with the cell of their defaults; `a.b`, `c` in one cell share the group `a`. */
const rows = [...page.matchAll(/^\| (`[^|]+`) \|([^|]*)\|/gm)].flatMap(([, names = '', defaults = '']) => {
  const fields = [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
  const [first = ''] = fields;
  const group = first.includes('.') ? `${first.split('.')[0]}.` : '';
  const values = defaults.trim().split(', ');
  return fields.map((field, i) => ({
    path: field.includes('.') ? field : `${group}${field}`,
    value: values.length === fields.length ? (values[i] as string).trim() : undefined,
  }));
});

describe('docs/experiment.md', () => {
  const experiment = parseExperiment({ roster: [new PeerKey(hashOf('page', 0)).id] });
  const fields = new Map<string, unknown>(
    Object.entries(experiment).flatMap(([name, value]) =>
      GROUPS.includes(name)
        ? Object.entries(value as object).map(([inner, part]) => [`${name}.${inner}`, part] as const)
        : [[name, value] as const],
    ),
  );

  it('names every field of an experiment, and no other', () => {
    assert.deepEqual(rows.map(({ path }) => path).sort(), [...fields.keys()].sort(), 'fields');
  });

  it('states the defaults that the code has', () => {
    const isNumber = ({ path }: { path: string }) => typeof fields.get(path) === 'number';
    const stated = rows.filter((row) => isNumber(row) && /^[\d.]+$/.test(row.value ?? ''));
    assert.ok(stated.length > 12, 'numbers are compared');
    for (const { path, value } of stated) assert.equal(Number(value), fields.get(path), path);
  });
});
