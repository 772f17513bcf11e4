import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ALL_ATTACKS } from '../../src/attacks/all-attacks.ts';

const page = readFileSync(new URL('../../docs/attacks.md', import.meta.url), 'utf8');

describe('docs/attacks.md', () => {
  it('lists every attack in its own words, and nothing else', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const expected = ALL_ATTACKS.map(({ kind, sees, sends }) => `| \`${kind}\` | ${sees} | ${sends} |`);
    assert.deepEqual(rows, expected);
  });

  it('has each attack say what its settings do', () => {
    for (const { kind, schema, sends, sees } of ALL_ATTACKS) {
      for (const setting of Object.keys(schema.shape).filter((name) => name !== 'kind')) {
        assert.match(`${sees} ${sends}`, new RegExp(`\`${setting}\\b`), `${kind} names ${setting}`);
      }
    }
  });
});
