import assert from 'node:assert/strict';
import { stateDigests, TEN_EXPERIMENTS } from '../../../simulations/training/ten-experiments.ts';
import { tableIn } from '../../support/page-table.ts';

describe('ten experiments', function () {
  this.timeout(120_000);

  it('end in the states that docs/decisions/moving-the-house.md has: `npm run digests` prints them', async () => {
    const rows = await stateDigests();
    assert.equal(rows.length, 2 + TEN_EXPERIMENTS.length);
    assert.deepEqual(tableIn('decisions/moving-the-house.md', rows), rows);
  });
});
