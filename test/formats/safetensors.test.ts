import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { binarySourceOf } from '../../src/formats/binary-file.ts';
import {
  float32Of,
  readSafetensors,
  readSafetensorsHeader,
  tensorOf,
  writeSafetensors,
  type Tensor,
} from '../../src/formats/safetensors.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

/** Bytes of a file with this header (as JSON or text) and this many zero bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('safetensors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-safetensors-'));
  const path = join(folder, 'a.safetensors');
  after(() => rmSync(folder, { recursive: true }));

  it('writes the bytes that the format prescribes', () => {
    writeSafetensors(path, new Map([['w', tensorOf(Float32Array.of(1, -2))]]), { k: 'v' });
    const header = '{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = header.padEnd(80, ' ');
    const expected = Buffer.concat([
      Buffer.from([80, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from(padded),
      Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]),
    ]);
    assert.deepEqual(readFileSync(path), expected, 'length, padded header, little-endian data');
    assert.deepEqual(readdirSync(folder), ['a.safetensors'], 'no partial file is left');
  });

  it('reads what it wrote: scalars, empty tensors, any name, metadata', () => {
    const tensors = new Map<string, Tensor>([
      ['b.weight', tensorOf(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])],
      ['scalar', tensorOf(Float32Array.of(7), [])],
      ['empty', tensorOf(new Float32Array(0), [0, 4])],
      ['10', tensorOf(Float32Array.of(10))],
      ['2', tensorOf(Float32Array.of(2))],
      ['wide', { dtype: 'F64', shape: [1], bytes: new Uint8Array(Float64Array.of(Math.PI).buffer) }],
      ['Ω "quoted"', { dtype: 'U8', shape: [3], bytes: Uint8Array.of(1, 2, 3) }],
    ]);
    writeSafetensors(path, tensors, { format: 'pt', empty: '' });
    const read = readSafetensors(path);
    assert.deepEqual(read.metadata, { format: 'pt', empty: '' }, 'metadata');
    assert.deepEqual(new Set(read.tensors.keys()), new Set(tensors.keys()), 'names');
    for (const [name, { dtype, shape, bytes }] of tensors) {
      const tensor = read.tensors.get(name) as Tensor;
      assert.deepEqual([tensor.dtype, tensor.shape], [dtype, shape], `${name}: type and shape`);
      assert.deepEqual([...tensor.bytes], [...bytes], `${name}: bytes`);
    }
    assert.equal([...read.tensors.keys()][0], 'wide', 'wider types come first, so that all are aligned');
    assert.deepEqual(float32Of(read.tensors.get('10') as Tensor), Float32Array.of(10), 'float32 values');
    assert.equal(float32Of(read.tensors.get('wide') as Tensor), undefined, 'float64 is not float32');
  });

  it('writes equal bytes for equal content in any order', () => {
    const [a, b] = [tensorOf(Float32Array.of(1)), tensorOf(Float32Array.of(2))];
    writeSafetensors(
      path,
      new Map([
        ['a', a],
        ['b', b],
      ]),
      { x: '1', y: '2' },
    );
    const first = readFileSync(path);
    writeSafetensors(
      path,
      new Map([
        ['b', b],
        ['a', a],
      ]),
      { y: '2', x: '1' },
    );
    assert.deepEqual(readFileSync(path), first, 'the encoding is canonical');
  });

  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const malformed: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['nothing', new Uint8Array(0), /it is empty/],
    ['seven bytes', new Uint8Array(7).fill(1), /it is something else/],
    ['a header beyond any file', new Uint8Array(8).fill(255), /it is something else/],
    ['zero bytes', new Uint8Array(8), /nothing but zero bytes/],
    ['a page', Buffer.from('<html><body>404</body></html>'), /it is an HTML page/],
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), /Git LFS pointer/],
    ['a checkpoint of PyTorch', Buffer.from('PK\x03\x04...........'), /zip archive/],
    ['a header that is cut off', fileOf({ w: good }, 8).slice(0, 30), /is cut off: its header ends at byte/],
    ['no JSON', fileOf('{"w":', 0), /no JSON/],
    [
      'invalid UTF-8',
      (() => {
        const b = fileOf('{"é":1}', 0);
        b[10] = 0xff;
        return b;
      })(),
      /no JSON/,
    ],
    ['a list', fileOf('[]', 0), /JSON object/],
    ['an entry that is no object', fileOf({ w: 3 }, 0), /its dtype must be one of .*got nothing/],
    [
      'an unknown dtype',
      fileOf({ w: { ...good, dtype: 'toString' } }, 8),
      /its dtype must be one of F64, .*got "toString"/,
    ],
    ['packed halves of bytes', fileOf({ w: { ...good, dtype: 'F4' } }, 8), /got "F4"/],
    ['a negative size', fileOf({ w: { ...good, shape: [-2] } }, 8), /malformed shape/],
    ['a huge shape', fileOf({ w: { ...good, shape: [2 ** 40, 2 ** 40] } }, 8), /its shape and dtype need/],
    ['sixty-five dimensions', fileOf({ w: { ...good, shape: new Array(65).fill(1) } }, 8), /malformed shape/],
    ['offsets that are too short', fileOf({ w: { ...good, data_offsets: [0, 7] } }, 7), /7 bytes, but/],
    ['one offset', fileOf({ w: { ...good, data_offsets: [0] } }, 8), /data_offsets/],
    ['fractional offsets', fileOf({ w: { ...good, data_offsets: [0.5, 8.5] } }, 9), /data_offsets/],
    ['a gap', fileOf({ w: { ...good, data_offsets: [8, 16] } }, 16), /gap or overlaps/],
    ['an overlap', fileOf({ v: good, w: { ...good, data_offsets: [4, 12] } }, 12), /gap or overlaps/],
    ['bytes after the tensors', fileOf({ w: good }, 9), /goes on after its last tensor: .* end at byte/],
    ['bytes missing', fileOf({ w: good }, 7), /is cut off: .* end at byte/],
    ['metadata that is no text', fileOf({ __metadata__: { a: 1 } }, 0), /names to strings/],
  ];
  for (const [what, bytes, expected] of malformed) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => readSafetensors(bytes, 'x.safetensors'),
        (error) => {
          assert.ok(error instanceof OperatorError, "the fault is the file's");
          assert.match(error.message, expected, 'the sentence says what is wrong');
          assert.match(error.message, /^x\.safetensors/, 'and names the file');
          return true;
        },
      );
    });
  }

  it('survives any bytes (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.json(), (noise, json) => {
        for (const bytes of [noise, fileOf(json, noise.length)]) {
          try {
            readSafetensors(bytes);
          } catch (error) {
            assert.ok(error instanceof OperatorError, `only an operator's fault, got ${String(error)}`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps float32 tensors of any shape (property)', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), shape, { maxKeys: 6 }), (shapes) => {
        const tensors = new Map(
          Object.entries(shapes)
            .filter(([name]) => name !== '__metadata__')
            .map(([name, sizes], k) => {
              const length = sizes.reduce((product, size) => product * size, 1);
              return [
                name,
                tensorOf(
                  Float32Array.from({ length }, (_, i) => i + k),
                  sizes,
                ),
              ] as const;
            }),
        );
        writeSafetensors(path, tensors);
        const read = readSafetensors(path).tensors;
        assert.equal(read.size, tensors.size, 'as many tensors');
        for (const [name, tensor] of tensors) {
          assert.deepEqual(
            read.get(name)?.bytes,
            Uint8Array.from(tensor.bytes),
            `bytes of ${JSON.stringify(name)}`,
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reads the header of a large file without its data', () => {
    const header = fileOf({ w: { dtype: 'F32', shape: [1e9], data_offsets: [0, 4e9] } }, 0);
    const source = { ...binarySourceOf(header, 'large'), size: header.length + 4e9 };
    const { tensors } = readSafetensorsHeader(source);
    assert.equal(tensors.get('w')?.byteLength, 4e9, 'the length comes from the header');
    assert.equal(tensors.get('w')?.offset, header.length, 'the data follow the header');
  });

  it('says that a file is missing, or no file', () => {
    assert.throws(
      () => readSafetensors(join(folder, 'none')),
      /cannot read .*none: it does not exist/,
      'missing',
    );
    assert.throws(() => readSafetensors(folder), OperatorError, 'a folder');
    const unwritable = join(folder, 'no', 'such.safetensors');
    assert.throws(
      () => writeSafetensors(unwritable, new Map()),
      /cannot write .*: the folder .*no does not exist/,
      'no folder',
    );
  });

  it('leaves an old file alone when writing fails', () => {
    writeFileSync(path, 'old');
    const broken = new Map([
      ['w', { dtype: 'F32', shape: [1], bytes: undefined as unknown as Uint8Array }],
    ]) as Map<string, Tensor>;
    assert.throws(() => writeSafetensors(path, broken), 'the tensor has no bytes');
    assert.equal(readFileSync(path, 'utf8'), 'old', 'the old file stands');
    assert.deepEqual(readdirSync(folder), ['a.safetensors'], 'no partial file is left');
  });
});
