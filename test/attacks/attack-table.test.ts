import assert from 'node:assert/strict';
import { ALL_ATTACKS } from '../../src/attacks/all-attacks.ts';
import { attacksTable } from '../../src/attacks/attack-table.ts';
import { tableIn } from '../support/page-table.ts';

describe('docs/attacks.md', () => {
  it('lists every attack as `npm run docs:tables` writes it, and nothing else', () => {
    assert.deepEqual(tableIn('attacks.md', attacksTable()), attacksTable());
  });

  it('has each attack say what its settings do', () => {
    for (const { kind, settings, sends, sees } of ALL_ATTACKS) {
      for (const setting of settings) {
        assert.match(`${sees} ${sends}`, new RegExp(`\`${setting}\\b`), `${kind} names ${setting}`);
      }
    }
  });
});
