/** The entries for a run, its certificates and one peer, on real peers in this process. */
import assert from 'node:assert/strict';
import { simulate, type RunEvent } from '../../src/library/simulate.ts';
import { openCertificateVerifier, readExperiment } from '../../src/library/verify.ts';

const RUN = {
  ...{ peers: 4, seed: 'entry' },
  experiment: { rounds: 2, model: { kind: 'mlp', hidden: [4] }, timing: { collectMs: 60_000 } },
} as const;

describe('synod/simulate and synod/verify', function () {
  this.timeout(60_000);

  it('tell a run by its events and prove it by its certificates', async () => {
    const run = simulate(RUN);
    const events: RunEvent[] = [];
    const second = run[Symbol.asyncIterator]();
    for await (const event of run) events.push(event);
    const kinds = events.map(({ e }) => e);
    assert.deepEqual([kinds[0], kinds.at(-1)], ['run', 'end']);
    assert.deepEqual(
      events.filter(({ e }) => e === 'decision').map((event) => (event as { round: number }).round),
      [0, 1],
    );
    const heard = (await second.next()) as IteratorResult<RunEvent, undefined>;
    assert.equal(heard.value?.e, 'run', 'each reader hears all of it');

    const { certificates, experiment, stateDigest, agreed } = await run.result;
    assert.ok(agreed);
    const verifier = await openCertificateVerifier(experiment);
    const [first, next] = certificates as [Uint8Array, Uint8Array];
    assert.deepEqual(verifier.verify(next), { ok: false, fault: 'other-anchor' }, 'out of order');
    assert.deepEqual(verifier.verify(Uint8Array.of(1, 2, 3)), { ok: false, fault: 'malformed' });
    assert.equal(verifier.round, 0, 'what is refused moves nothing');
    for (const [round, certificate] of [first, next].entries()) {
      const verdict = verifier.verify(certificate);
      assert.ok(verdict.ok, JSON.stringify(verdict));
      assert.equal(verdict.round, round);
      assert.ok(verdict.signers.length >= 3 && verdict.contributors.length === 4);
    }
    assert.equal(verifier.stateDigest, stateDigest);
  });

  it('end with the reason where the run is stopped', async () => {
    const controller = new AbortController();
    const run = simulate({ ...RUN, signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(run.result, /enough/);
    await assert.rejects(async () => {
      for await (const event of run) assert.fail(event.e);
    }, /enough/);
  });

  it('name field, rule and value of a wrong option', () => {
    assert.throws(() => simulate({ peers: 0 }), /peers must be an integer from 1 to 200, got 0/);
    assert.throws(
      () => simulate({ peers: 4, byzantine: 4 }),
      /byzantine must be .* below the 4 peers, got 4/,
    );
    assert.throws(() => simulate({ experiment: { roster: [] } }), /experiment.roster must be left out/);
    assert.throws(() => simulate({ experiment: { rounds: 0 } }), /experiment.rounds must be .*got 0/);
    assert.throws(() => simulate({ byzantine: 1, attack: 'alei' }), /attack must be one of/);
    assert.throws(() => readExperiment({ rounds: 'many' }), /experiment.rounds must be/);
  });
});
