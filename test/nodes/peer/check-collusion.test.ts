import assert from 'node:assert/strict';
import { PeerKey } from '../../../src/crypto/peer-key.ts';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { checkCollusion } from '../../../nodes/peer/check-collusion.ts';
import { keySeed } from '../../support/network.ts';

const [self, one, another, stranger] = ['self', 'one', 'another', 'stranger'].map(
  (label) => new PeerKey(keySeed(label)).id,
) as [string, string, string, string];
const roster = [self, one, another];

function check(attack: string | undefined, ...collude: string[]): void {
  checkCollusion({ attack, collude }, self, { admission: { policy: 'genesis' }, roster });
}

describe('--collude', () => {
  it('takes other peers of the roster, or none', () => {
    check('ipm', one, another);
    check('ipm');
    check(undefined);
  });

  it('takes who may join, where that is open', () => {
    checkCollusion({ attack: 'ipm', collude: [stranger] }, self, { admission: { policy: 'open' }, roster });
  });

  const refused: readonly (readonly [string, () => void, RegExp])[] = [
    ['without --attack', () => check(undefined, one), /--collude must come together with --attack/],
    ['of itself', () => check('ipm', self), /that is this peer/],
    ['twice', () => check('ipm', one, one), /it is named twice/],
    ['of nobody', () => check('ipm', stranger), /it is not in the roster/],
    ['of no id', () => check('ipm', 'peer-1'), /got peer-1: it holds "-"/],
  ];
  for (const [what, run, message] of refused) {
    it(`is refused ${what}`, () => {
      assert.throws(run, (error) => error instanceof OperatorError && message.test(error.message));
    });
  }
});
