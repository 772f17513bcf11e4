/** A peer inside of a program: its folder, its events, its end; and the history that it leaves. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKey, openPeer } from '../../src/library/peer.ts';
import { openCertificateVerifier, readCertificates, verifyHistory } from '../../src/library/verify.ts';

describe('synod/peer', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-peer-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const describeRun = (roster: readonly string[]) => ({
    ...{ rounds: 2, model: { kind: 'mlp', hidden: [4] }, roster },
    aggregation: { f: 0, rule: 'mean' },
  });

  it('plays its rounds, tells them, and leaves a history that holds', async () => {
    const id = await createKey(folder);
    const peer = await openPeer({
      ...{ experiment: describeRun([id]), folder, listen: ['/ip4/127.0.0.1/tcp/0'], localNetwork: true },
    });
    try {
      assert.equal(peer.id, id);
      assert.ok(peer.addresses.every((address) => address.endsWith(`/p2p/${id}`)));
      const { rounds, trust, stateDigest } = await peer.finished;
      assert.deepEqual([rounds, trust], [2, `2:${stateDigest}`]);
      assert.ok((await peer.parameters()).every(Number.isFinite));
      const { accuracy } = await peer.evaluate();
      assert.ok(accuracy >= 0 && accuracy <= 1);
      await peer.stop();
      const verdict = await verifyHistory(folder, { trust });
      assert.ok(verdict.ok && verdict.complete, JSON.stringify(verdict.faults));
      const { experiment, certificates } = await readCertificates(folder);
      const verifier = await openCertificateVerifier(experiment);
      assert.ok(certificates.every((certificate) => verifier.verify(certificate).ok));
      assert.equal(verifier.stateDigest, stateDigest);
    } finally {
      await peer.stop();
    }
  });

  it('ends with "stopped" where it is stopped before the last round', async () => {
    const id = await createKey(folder);
    const other = await createKey(join(folder, 'other'));
    const peer = await openPeer({
      ...{
        experiment: describeRun([id, other]),
        folder,
        listen: ['/ip4/127.0.0.1/tcp/0'],
        localNetwork: true,
      },
    });
    const events = peer[Symbol.asyncIterator]();
    await peer.stop();
    await assert.rejects(peer.finished, /stopped/);
    const kinds: string[] = [];
    for (let next = await events.next(); next.done !== true; next = await events.next())
      kinds.push(next.value.e);
    assert.equal(kinds.at(-1), 'end');
  });

  it('has one sentence for what is missing', async () => {
    await assert.rejects(
      openPeer({ experiment: describeRun(['x']), folder }),
      /experiment.roster\[0\] must be/,
    );
    const id = await createKey(folder);
    await assert.rejects(createKey(folder), /exists already/);
    const stranger = await createKey(join(folder, 'stranger'));
    assert.notEqual(id, stranger);
    await assert.rejects(
      openPeer({ experiment: describeRun([stranger]), folder }),
      /experiment.roster must name this peer/,
    );
  });
});
