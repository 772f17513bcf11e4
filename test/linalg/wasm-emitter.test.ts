import assert from 'node:assert/strict';
import fc from 'fast-check';
import { encodeModule, FunctionBody, signed, unsigned } from '../../src/linalg/wasm-emitter.ts';

describe('WebAssembly emitter', () => {
  it('writes LEB128 as in the specification', () => {
    assert.deepEqual(unsigned(624_485), [0xe5, 0x8e, 0x26], 'the example of DWARF and Wikipedia');
    assert.deepEqual(signed(-123_456), [0xc0, 0xbb, 0x78], 'the signed one');
    assert.deepEqual([unsigned(0), unsigned(127), unsigned(128)], [[0], [127], [128, 1]], 'edges');
    assert.deepEqual(
      [signed(63), signed(64), signed(-64), signed(-65)],
      [[63], [192, 0], [64], [191, 127]],
      'edges',
    );
  });

  it('writes constants that the engine reads back (property)', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
    const words = new Float64Array(memory.buffer, 64, 2);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1 }), fc.double({ noNaN: true }), (lane, value) => {
        const body = new FunctionBody(['i32']);
        body.get(0).f64x2(value).store();
        const module = new WebAssembly.Module(encodeModule('run', body));
        const run = new WebAssembly.Instance(module, { env: { memory } }).exports['run'] as (
          at: number,
        ) => void;
        run(64);
        assert.ok(Object.is(words[lane], value), `lane ${lane} holds ${value}`);
      }),
      { numRuns: 30 },
    );
  });

  it('loops, shuffles and adds over the imported memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
    const floats = new Float32Array(memory.buffer, 0, 8);
    floats.set([1, 2, 3, 4, 10, 20, 30, 40]);
    const body = new FunctionBody(['i32']);
    const offset = body.local('i32');
    body.loop(() => {
      body.get(offset).get(offset).load().get(offset).load().shuffle(3, 2, 5, 4).store();
      body.get(offset).i32(16).op('i32.add').tee(offset).get(0).op('i32.lt_u');
    });
    const module = new WebAssembly.Module(encodeModule('run', body));
    (new WebAssembly.Instance(module, { env: { memory } }).exports['run'] as (end: number) => void)(32);
    assert.deepEqual([...floats], [4, 3, 2, 1, 40, 30, 20, 10], 'each vector reversed');
  });
});
