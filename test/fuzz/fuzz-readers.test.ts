import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzReaders } from './run-fuzz.ts';

const INPUTS = 1500;

describe('readers of mutated files', () => {
  it('give a value or one sentence (npm run fuzz-readers tries more)', async function () {
    this.timeout(120_000);
    const folder = mkdtempSync(join(tmpdir(), 'synod-fuzz-'));
    try {
      const report = await fuzzReaders(folder, { inputs: INPUTS, seed: 'gate' });
      assert.deepEqual(report.findings, [], 'nothing else');
      assert.equal(report.inputs, INPUTS, 'all were read');
      assert.ok(report.values > 20 && report.sentences > 300, 'some were still whole, many were not');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
