import assert from 'node:assert/strict';
import type { FaultReport } from './fault-cases.ts';
import { missingFor, tryFault } from './try-fault.ts';

/** Short forms: that the run goes on with one state, and what is said; how fast it is, `npm run faults` tells. */
describe('faults among real peers', function () {
  this.timeout(300_000);

  /** Peers are looked at now and then: a quick round may be over too before the look that ends the stretch. */
  const goesOn = (stretch: FaultReport['during']): void =>
    assert.ok((stretch?.rounds ?? 0) >= 2, `the run goes on: ${stretch?.rounds} rounds`);

  async function play(test: Mocha.Context, name: string): Promise<FaultReport> {
    const missing = missingFor(name);
    if (missing !== undefined) {
      process.stderr.write(`    skipped: ${missing}\n`);
      test.skip();
    }
    return tryFault(name, { rounds: 2 });
  }

  it('a second process with the key of another refuses to start, and the first says so', async function () {
    const { during } = await play(this, 'twin');
    goesOn(during);
  });

  it('pairs that cannot reach each other decide through a peer that sees all', async function () {
    const { during, after } = await play(this, 'unreachable-pair');
    goesOn(during);
    goesOn(after);
  });

  it('peers that have IPv6 addresses only find each other', async function () {
    const { during } = await play(this, 'ipv6-only');
    goesOn(during);
  });
});
