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

  it('are read back record by record: the version, then each scalar with its round, time and value', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-tensorboard-'));
    try {
      writeRun({ folder, peers: 4, rounds: 20, adversaries: 1 });
      const { view } = await readRun(folder);
      const [version, ...events] = readRecords(Buffer.from(tensorboardFile(view))).map(readMessage);
      assert.equal(version?.get(3)?.toString(), 'brain.Event:2', 'file_version first');
      const scalars = events.map(readScalar);
      const of = (tag: string) => scalars.filter((scalar) => scalar.tag === tag);
      const rounds = view.rounds.map((_, round) => round);
      assert.deepEqual(
        of('loss/training').map(({ step, value, wallTime }) => [step, value, wallTime]),
        rounds.map((round) => [
          round,
          Math.fround(view.loss(round) ?? NaN),
          (view.rounds[round]?.decidedAt ?? NaN) / 1000,
        ]),
        'a training loss a round',
      );
      assert.deepEqual(
        of('accuracy/test').map(({ step, value }) => [step, value]),
        view.evaluations.map(({ round, accuracy }) => [round, Math.fround(accuracy ?? NaN)]),
        'evaluations',
      );
      assert.deepEqual(
        of('contributions/trimmed').map(({ value }) => value),
        rounds.map(() => 1),
        'how many were trimmed',
      );
      for (const tag of ['bytes/received', 'round/seconds', 'loss/test']) assert.ok(of(tag).length > 0, tag);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** TFRecord framing, with both checksums (tensorflow/core/lib/io/record_writer.h). */
function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length;) {
    const head = file.subarray(at, at + 8);
    const length = Number(head.readBigUInt64LE());
    assert.equal(unmask(file.readUInt32LE(at + 8)), crc32c(head), 'checksum of the length');
    const data = file.subarray(at + 12, at + 12 + length);
    assert.equal(data.length, length, 'whole');
    assert.equal(unmask(file.readUInt32LE(at + 12 + length)), crc32c(data), 'checksum of the data');
    records.push(data);
    at += 12 + length + 4;
  }
  return records;
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** A protocol buffer's fields by number, as their bytes (protobuf.dev/programming-guides/encoding). */
function readMessage(bytes: Buffer): Map<number, Buffer> {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const from = at;
    const wire = key & 7;
    assert.ok([0, 1, 2, 5].includes(wire), `wire type ${wire}`);
    if (wire === 0) varint();
    const length = wire === 2 ? varint() : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    const start = wire === 0 ? from : at;
    at += length;
    assert.ok(at <= bytes.length, 'no field ends behind its message');
    fields.set(key >>> 3, bytes.subarray(start, at));
  }
  return fields;
}

interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
  readonly wallTime: number;
}

/** An Event of one simple value: wall_time = 1, step = 2, summary = 5; Summary.value = 1; tag = 1, simple_value = 2. */
function readScalar(event: Map<number, Buffer>): Scalar {
  const summary = readMessage(event.get(5) ?? Buffer.alloc(0));
  const value = readMessage(summary.get(1) ?? Buffer.alloc(0));
  const step = [...(event.get(2) ?? [])].reduce((sum, byte, i) => sum + (byte & 127) * 2 ** (7 * i), 0);
  return {
    tag: value.get(1)?.toString() ?? '',
    step,
    value: value.get(2)?.readFloatLE() ?? NaN,
    wallTime: event.get(1)?.readDoubleLE() ?? NaN,
  };
}
