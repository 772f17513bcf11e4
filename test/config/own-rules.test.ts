import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { experimentId } from '../../src/config/experiment.ts';
import { loadExperiment } from '../../src/config/experiment-file.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';

const ROSTER = Array.from({ length: 4 }, (_, i) => new PeerKey(hashOf('own-rules', i)).id).sort();

describe("a rule of one's own in an experiment", () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-own-rules-'));
  after(() => rmSync(folder, { recursive: true }));

  function load(name: string, text: string, aggregation: object): ReturnType<typeof loadExperiment> {
    const path = join(folder, name);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'rule.ts'), text);
    writeFileSync(
      join(path, 'e.json'),
      JSON.stringify({ roster: ROSTER, aggregation: { f: 1, ...aggregation } }),
    );
    return loadExperiment(join(path, 'e.json'));
  }

  it('counts by its bytes and settings in the id, wherever it lies, alone or under another rule', () => {
    for (const place of ['rule', 'base'] as const) {
      const stated = (tau: number) => ({
        ...(place === 'base' && { rule: 'ctma' }),
        ...{ [place]: './rule.ts', tau },
      });
      const idOf = (name: string, text: string, tau: number): string =>
        experimentId(load(name, text, stated(tau)));
      const one = idOf('a', 'export default 1;', 2);
      assert.equal(idOf('b', 'export default 1;', 2), one, `${place}: another folder`);
      assert.notEqual(idOf('b', 'export default 2;', 2), one, `${place}: another file`);
      assert.notEqual(idOf('b', 'export default 1;', 3), one, `${place}: another setting`);
    }
  });

  it('is refused where it is missing, or not the one whose digest is stated, without running it', () => {
    const endless = 'for (;;);';
    assert.throws(
      () => load('c', endless, { rule: './absent.ts' }),
      /cannot read .*absent\.ts: it does not exist/,
    );
    const pinned = load('c', endless, { rule: './rule.ts' }).aggregation.pipeline.rule;
    assert.ok(pinned.name === 'module' && pinned.digest !== undefined);
    const rule = { name: 'module', path: './rule.ts' };
    assert.deepEqual(
      load('c', endless, { rule: { ...rule, digest: pinned.digest } }).aggregation.pipeline.rule,
      pinned,
    );
    assert.throws(
      () => load('c', endless, { rule: { ...rule, digest: '0'.repeat(64) } }),
      /the digest of \.\/rule\.ts must be 0000.* as stated, got/,
    );
  });
});
