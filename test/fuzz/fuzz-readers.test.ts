import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fuzzReaders } from './run-fuzz.ts';

const INPUTS = 3000;

describe('readers of mutated files', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-fuzz-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('give a value or one sentence (npm run fuzz-readers tries more)', async function () {
    this.timeout(120_000);
    const report = await fuzzReaders(folder, { inputs: INPUTS, seed: 'gate', processes: 2 });
    assert.deepEqual(report.findings, [], 'nothing else');
    assert.equal(report.inputs, INPUTS, 'all were read');
    assert.ok(report.values > INPUTS / 50, 'some were still whole');
    for (const [name, { inputs, values }] of Object.entries(report.perReader)) {
      assert.ok(values < inputs, `${name} refused some`);
    }
  });

  for (const [planted, fault] of [
    ['stack', /^not a sentence: RangeError/],
    ['hang', /^did not come back$/],
    ['memory', /MiB above 4 times the file, twice$/],
  ] as const) {
    it(`would find a reader with the fault ${planted}`, async function () {
      this.timeout(120_000);
      if (planted === 'memory' && process.platform !== 'linux') this.skip(); // only Linux tells the peak
      const report = await fuzzReaders(folder, {
        inputs: 22,
        seed: 'gate',
        processes: 1,
        planted,
        hangFactor: 2,
      });
      assert.equal(report.findings.length, 1, 'one of the inputs was for it');
      assert.match(report.findings[0]?.fault ?? '', fault, 'and it was told');
    });
  }
});
