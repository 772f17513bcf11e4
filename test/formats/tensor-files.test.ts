import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorOf, writeSafetensors } from '../../src/formats/safetensors.ts';
import { openTensorFiles } from '../../src/formats/tensor-files.ts';
import { readFloats } from '../../src/formats/tensor-floats.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

describe('tensors in shards', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-shards-'));
  const index = join(folder, 'model.safetensors.index.json');
  const shard = (k: number): string => `model-0000${k}-of-00002.safetensors`;
  mkdirSync(join(folder, 'sub'));
  writeSafetensors(join(folder, shard(1)), new Map([['a', tensorOf(Float32Array.of(1, 2))]]), {
    format: 'pt',
  });
  writeSafetensors(join(folder, shard(2)), new Map([['b', tensorOf(Float32Array.of(3))]]));
  after(() => rmSync(folder, { recursive: true }));

  const open = (map: unknown) => {
    writeFileSync(index, JSON.stringify({ metadata: { total_size: 12 }, weight_map: map }));
    return openTensorFiles(index);
  };

  it('are one model, as their index says', () => {
    const files = open({ a: shard(1), b: shard(2) });
    assert.deepEqual([...files.tensors.keys()].sort(), ['a', 'b'], 'the tensors of both');
    assert.deepEqual(files.metadata, { format: 'pt' }, 'with the metadata');
    const b = files.tensors.get('b');
    const value = new Float32Array(1);
    assert.ok(b !== undefined, 'the second shard is open');
    readFloats(b.source, { dtype: 'F32', offset: b.offset }, 0, value);
    assert.equal(value[0], 3, 'and read');
    files.close();
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    ['leads out of the folder', { a: '../x.safetensors' }, /weight_map must be a relative path without/],
    ['names a missing file', { a: 'none.safetensors' }, /cannot read .*none\.safetensors: it does not exist/],
    ['names a folder', { a: 'sub' }, /sub must be a file, got "a folder"/],
    ['places a tensor elsewhere', { a: shard(2), b: shard(2) }, /tensor "b" .*|places the tensor "a"/],
    ['forgets a tensor', { a: shard(1), x: shard(2) }, /tensor "b" must lie where .* says, got "nowhere"/],
    ['names nothing', {}, /must name from 1 to 4096 files, got 0/],
    ['is a list', [1], /weight_map must map names of tensors to names of files/],
    ['is missing', undefined, /weight_map must map/],
  ];
  for (const [what, map, sentence] of wrong) {
    it(`refuses an index that ${what}`, () => {
      assert.throws(
        () => open(map),
        (error) => error instanceof OperatorError && sentence.test(error.message),
        String(sentence),
      );
    });
  }
});
