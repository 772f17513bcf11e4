import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun } from '../../src/observe/read-run.ts';
import { crc32c, tensorboardFile } from '../../src/observe/tensorboard.ts';
import { writeRun } from '../support/written-run.ts';

describe('TensorBoard files', () => {
  it('sum by CRC-32C', () => {
    // RFC 3720, appendix B.4
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa, '32 bytes of zeroes');
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43, '32 bytes of ones');
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e, '0 .. 31');
  });

  it('hold a version record and a scalar a round for each curve', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-tensorboard-'));
    try {
      writeRun({ folder, peers: 4, rounds: 20, adversaries: 1 });
      const { view } = await readRun(folder);
      const file = Buffer.from(tensorboardFile(view));
      const records: Buffer[] = [];
      for (let at = 0; at < file.length;) {
        const length = Number(file.readBigUInt64LE(at));
        records.push(file.subarray(at + 12, at + 12 + length));
        at += 12 + length + 4;
      }
      assert.ok(records[0]?.includes('brain.Event:2'), 'the version first');
      const losses = records.filter((record) => record.includes('loss/training'));
      assert.equal(losses.length, 20, 'a training loss a round');
      // the value is the last field of the last message
      const values = losses.map((record) => record.readFloatLE(record.length - 4));
      assert.deepEqual(
        values,
        view.rounds.map((_, round) => Math.fround(view.loss(round) ?? NaN)),
        'as in the log',
      );
      assert.equal(records.filter((record) => record.includes('accuracy/test')).length, 2, 'evaluations');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
