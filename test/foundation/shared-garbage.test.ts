import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SharedGarbage } from '../../src/foundation/shared-garbage.ts';

/** Of memory that nobody holds any more. */
function letGo(): WeakRef<SharedArrayBuffer> {
  return new WeakRef(new SharedArrayBuffer(1024));
}

describe('shared garbage', () => {
  it('is collected once a thread has seen enough of it, again and again', async () => {
    const garbage = new SharedGarbage();
    for (let again = 0; again < 3; again++) {
      const dead = letGo();
      const held = new SharedArrayBuffer(1024);
      const alive = new WeakRef(held);
      // a reference that was made in this turn stays until its end
      await nextTurn();
      for (let seen = 0; seen < 2 ** 28; seen += 2 ** 26) garbage.saw(2 ** 26);
      assert.equal(dead.deref(), undefined, 'what nobody holds is gone');
      assert.equal(alive.deref(), held, 'what is held stays');
    }
  });
});
