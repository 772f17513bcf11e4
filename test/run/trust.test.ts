import assert from 'node:assert/strict';
import { checkTrust, parseTrust, printTrust } from '../../src/run/trust.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import { CONFIG, makeHistory, storeHistory } from '../support/certified-history.ts';

const OTHER = '0'.repeat(64);

describe('trusted states', () => {
  it('are read as they are printed, and refused in one sentence otherwise', () => {
    const trusted = { round: 40, anchor: 'ab'.repeat(32) };
    assert.deepEqual(parseTrust(printTrust(trusted)), trusted);
    assert.equal(parseTrust(undefined), undefined, 'none');
    for (const wrong of [
      '',
      '40',
      `40:${'a'.repeat(63)}`,
      `-1:${OTHER}`,
      `${'9'.repeat(10)}:${OTHER}`,
      `4 :${OTHER}`,
    ]) {
      assert.throws(
        () => parseTrust(wrong),
        (error) => error instanceof OperatorError && /^--trust must be ROUND:DIGEST/.test(error.message),
        wrong,
      );
    }
  });

  it('are looked up in what lies in a peer’s folder', async () => {
    const made = await makeHistory(8);
    const store = await openMemoryStore({ experiment: CONFIG.experiment });
    await storeHistory(store, made);
    const anchorAt = (round: number): string => made[round]?.before.anchor ?? made.at(-1)?.after.anchor ?? '';
    for (const round of [0, 5, 8]) {
      await checkTrust(store, CONFIG, { round, anchor: anchorAt(round) });
      await assert.rejects(
        checkTrust(store, CONFIG, { round, anchor: OTHER }),
        (error) => error instanceof OperatorError && error.message.includes(`after ${round} rounds`),
        `round ${round}`,
      );
    }
    await checkTrust(store, CONFIG, { round: 9, anchor: OTHER }); // not reached yet
  });
});
