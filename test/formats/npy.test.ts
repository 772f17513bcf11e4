import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeNpyHeader, NpyWriter, openNpy, readNpyFloats, readNpyVector } from '../../src/formats/npy.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

/** A file as numpy writes it, with any header text. */
function npyOf(dict: string, data: Uint8Array, version = 1): Uint8Array {
  const prefix = version === 1 ? 10 : 12;
  const length = 64 * Math.ceil((prefix + dict.length + 1) / 64);
  const bytes = new Uint8Array(length + data.length).fill(0x20, 0, length);
  bytes.set([0x93, ...Buffer.from('NUMPY'), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, length - prefix, true);
  else view.setUint32(8, length - prefix, true);
  bytes.set(Buffer.from(dict), prefix);
  bytes[length - 1] = 10;
  bytes.set(data, length);
  return bytes;
}

const dictOf = (descr: string, order: string, shape: string): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe('npy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-npy-'));
  const path = join(folder, 'a.npy');
  after(() => rmSync(folder, { recursive: true }));

  function write(bytes: Uint8Array): string {
    writeFileSync(path, bytes);
    return path;
  }

  it('writes the header that numpy writes', () => {
    const text = Buffer.from(encodeNpyHeader('float32', [3, 5])).toString('latin1');
    const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 5), }";
    assert.equal(text, `\x93NUMPY\x01\x00\x76\x00${dict.padEnd(117)}\n`, 'two dimensions');
    const vector = Buffer.from(encodeNpyHeader('float64', [7])).toString('latin1');
    assert.match(vector, /'descr': '<f8', 'fortran_order': False, 'shape': \(7,\), \}/, 'one dimension');
    assert.match(Buffer.from(encodeNpyHeader('float64', [])).toString('latin1'), /'shape': \(\), /, 'none');
    assert.equal(vector.length % 64, 0, 'data start aligned');
  });

  for (const version of [1, 2, 3]) {
    it(`reads float32 and float64 of version ${version}.0 at any offset`, () => {
      for (const [descr, values] of [
        ["'<f4'", Float32Array.of(1, 2, 3, 4, 5, 6)],
        ["'<f8'", Float64Array.of(1, 2, 3, 4, 5, 6)],
        ['"<f8"', Float64Array.of(1, 2, 3, 4, 5, 6)],
      ] as const) {
        const data = new Uint8Array(values.buffer);
        const file = openNpy(write(npyOf(dictOf(descr, 'False', '(2, 3)'), data, version)));
        assert.deepEqual(file.shape, [2, 3], 'shape');
        const into = new Float32Array(3);
        readNpyFloats(file, 2, into);
        assert.deepEqual([...into], [3, 4, 5], 'values 2 to 4');
        file.source.close();
      }
    });
  }

  it('reads and writes vectors piece by piece', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const writer = new NpyWriter(path, dtype, [5]);
      writer.write(Float32Array.of(1, 2));
      writer.write(Float32Array.of(3, 4, 0.5));
      writer.finish();
      writer.abandon();
      assert.deepEqual([...readNpyVector(path)], [1, 2, 3, 4, 0.5], dtype);
      assert.deepEqual(readdirSync(folder), ['a.npy'], 'no partial file is left');
    }
  });

  it('keeps the old file until the new one is whole', () => {
    write(Uint8Array.of(1));
    const writer = new NpyWriter(path, 'float32', [2]);
    writer.write(Float32Array.of(1));
    assert.throws(() => writer.finish(), /1 values of the array are missing/, 'a value is missing');
    writer.abandon();
    assert.deepEqual([...readFileSync(path)], [1], 'the old file stands');
  });

  it('crosses its own chunks when it rounds float64 (property)', () => {
    const values = Float64Array.from({ length: 70_000 }, (_, i) => i / 3);
    write(npyOf(dictOf("'<f8'", 'False', '(70000,)'), new Uint8Array(values.buffer)));
    const file = openNpy(path);
    fc.assert(
      fc.property(fc.nat(70_000), fc.nat(70_000), (a, b) => {
        const [first, end] = [Math.min(a, b), Math.max(a, b)];
        const into = new Float32Array(end - first);
        readNpyFloats(file, first, into);
        const right = into.every((x, i) => x === Math.fround((first + i) / 3));
        assert.ok(right, `values ${first} to ${end} are those of the file`);
      }),
      { numRuns: 30 },
    );
    file.source.close();
  });

  const two = new Uint8Array(8);
  const malformed: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['nothing', new Uint8Array(0), /is no \.npy file/],
    ['another file', Buffer.from('PK\x03\x04 and so on, a zip'), /is no \.npy file/],
    ['version 4', npyOf(dictOf("'<f4'", 'False', '(2,)'), two, 4), /unknown \.npy version 4/],
    ['a header beyond the file', npyOf(dictOf("'<f4'", 'False', '(2,)'), two).slice(0, 40), /is cut off/],
    ['Fortran order', npyOf(dictOf("'<f4'", 'True', '(2, 1)'), two), /got Fortran order: np\.save/],
    [
      'integers',
      npyOf(dictOf("'<i4'", 'False', '(2,)'), two),
      /float16, float32 or float64, got <i4: np\.save/,
    ],
    ['big-endian floats', npyOf(dictOf("'>f4'", 'False', '(2,)'), two), /got big-endian >f4: np\.save/],
    ['objects', npyOf(dictOf("'|O'", 'False', '(2,)'), two), /got Python objects/],
    ['a name that all objects have', npyOf(dictOf("'__proto__'", 'False', '(2,)'), two), /got __proto__/],
    ['a page', Buffer.from('<!DOCTYPE html><html>'), /is no \.npy file: it is an HTML page/],
    ['a .npz', Buffer.from('PK\x03\x04 and so on'), /it is a zip archive \(.zip, .npz/],
    ['a pickle', Uint8Array.of(0x80, 4, 0x95, 0, 0), /it is a Python pickle/],
    ['records', npyOf(dictOf("[('a', '<f4')]", 'False', '(2,)'), two), /structured type/],
    ['no shape', npyOf("{'descr': '<f4', 'fortran_order': False}", two), /no readable shape/],
    ['a shape of names', npyOf(dictOf("'<f4'", 'False', '(n,)'), two), /no readable shape/],
    ['a missing value', npyOf(dictOf("'<f4'", 'False', '(3,)'), two), /is cut off/],
    ['a value too many', npyOf(dictOf("'<f4'", 'False', '(1,)'), two), /its shape needs/],
    [
      'a shape beyond integers',
      npyOf(dictOf("'<f4'", 'False', '(99999999999999999999,)'), two),
      /unreadable shape/,
    ],
  ];
  for (const [what, bytes, expected] of malformed) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => openNpy(write(bytes)),
        (error) => {
          assert.ok(error instanceof OperatorError, "the fault is the file's");
          assert.match(error.message, expected, 'the sentence says what is wrong');
          return true;
        },
      );
    });
  }

  it('reads half floats as float32', () => {
    write(npyOf(dictOf("'<f2'", 'False', '(4,)'), Uint8Array.of(0, 0x3c, 0, 0xc0, 0xff, 0x7b, 1, 0)));
    const file = openNpy(path);
    const into = new Float32Array(4);
    readNpyFloats(file, 0, into);
    file.source.close();
    assert.deepEqual([...into], [1, -2, 65_504, 2 ** -24], 'one, minus two, the greatest and the least');
  });

  it('reads a vector of floats, integers or truths, and a column or a row as one', () => {
    const vectorOf = (descr: string, shape: string, data: Uint8Array) => {
      write(npyOf(dictOf(descr, 'False', shape), data));
      return [...readNpyVector(path)];
    };
    assert.deepEqual(
      vectorOf("'<i8'", '(1,)', Uint8Array.of(254, ...Array<number>(7).fill(255))),
      [-2],
      'int64',
    );
    assert.deepEqual(vectorOf("'|b1'", '(2,)', Uint8Array.of(1, 0)), [1, 0], 'bool');
    assert.deepEqual(vectorOf("'|u1'", '(2, 1)', Uint8Array.of(7, 9)), [7, 9], 'a column');
    assert.deepEqual(vectorOf("'<f4'", '(1, 2)', two), [0, 0], 'a row');
    assert.throws(() => vectorOf("'<f4'", '(2, 2)', new Uint8Array(16)), /one dimension, got \[2,2\]/);
    assert.throws(() => vectorOf("'<f4'", '()', two.subarray(4)), /one dimension, got "a single number"/);
    assert.throws(() => vectorOf("'|S3'", '(2,)', two), /must hold floats or integers/, 'texts');
  });

  it('survives any bytes (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.string({ maxLength: 80 }), (noise, dict) => {
        for (const bytes of [noise, npyOf(dict, noise), npyOf(dictOf("'<f4'", 'False', dict), noise)]) {
          try {
            openNpy(write(bytes)).source.close();
          } catch (error) {
            assert.ok(error instanceof OperatorError, `only an operator's fault, got ${String(error)}`);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
