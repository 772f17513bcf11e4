import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, tensorOf, writeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import { parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { flattenTensors, readModelFile, writeModelFile } from '../../src/training/model-file.ts';
import { TemporaryFolder } from './data/temporary-folder.ts';

const TASK = {
  parameters: [
    { name: 'dense.weight', shape: [2, 3] },
    { name: 'dense.bias', shape: [3] },
    { name: 'scale', shape: [] },
  ],
};
const PARAMETERS = Float32Array.of(1, -2, 3.5, 4, 5, 6e-30, 7, 8, 9, 0.1);
const METADATA = {
  experiment: 'ab'.repeat(32),
  round: 120,
  certificate: 'cd'.repeat(32),
  state: 'ef'.repeat(32),
  model: { kind: 'mlp', hidden: [3], l2: 0 },
  data: parseDatasetSpec('mnist', 'data'),
} as const;
const LOCAL_DATA = parseDatasetSpec({ name: 'mnist', dir: '/d', memoryMiB: 3 }, 'data');

/** A second reader, from the format's description alone. */
function readIndependently(path: string) {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const { __metadata__: metadata, ...entries } = header;
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const data = bytes.subarray(8 + length + from, 8 + length + to);
      const values = Array.from({ length: data.length / 4 }, (_, i) => data.readFloatLE(4 * i));
      return [name, { dtype, shape, values }] as const;
    },
  );
  return { metadata: metadata as unknown as Record<string, string>, tensors: Object.fromEntries(tensors) };
}

const PYTHON_READER = `
import json, sys
from safetensors.numpy import load_file
from safetensors import safe_open
tensors = load_file(sys.argv[1])
with safe_open(sys.argv[1], "numpy") as file:
    metadata = file.metadata()
print(json.dumps({
    "metadata": metadata,
    "tensors": {k: {"shape": list(v.shape), "dtype": str(v.dtype), "values": v.ravel().tolist()} for k, v in tensors.items()},
}))`;

describe('model files', () => {
  const folder = new TemporaryFolder();
  const write = (name = 'model.safetensors') => {
    const path = join(folder.path, name);
    writeModelFile(path, TASK, PARAMETERS, { ...METADATA, data: LOCAL_DATA });
    return path;
  };

  it('give back parameters and metadata', () => {
    const file = readModelFile(write());
    assert.deepEqual(flattenTensors(file, TASK), PARAMETERS, 'parameters, in the order of the task');
    assert.deepEqual(file.metadata, METADATA, 'metadata, without what is local to a machine');
  });

  it('are read by an independent reader', () => {
    const { metadata, tensors } = readIndependently(write());
    assert.deepEqual(tensors['dense.weight'], {
      dtype: 'F32',
      shape: [2, 3],
      values: [...PARAMETERS.slice(0, 6)],
    });
    assert.deepEqual(tensors['scale'], { dtype: 'F32', shape: [], values: [PARAMETERS[9]] }, 'a scalar');
    assert.equal(metadata['format'], 'pt', "what Hugging Face's loaders look for");
    assert.equal(metadata['synod.experiment'], METADATA.experiment, 'experiment');
    assert.equal(metadata['synod.round'], '120', 'round');
    assert.equal(metadata['synod.certificate'], METADATA.certificate, 'certificate');
  });

  it("are read by Python's safetensors", function () {
    const python = process.env.SYNOD_TEST_PYTHON ?? 'python3';
    const probe = spawnSync(python, ['-c', 'import safetensors.numpy']);
    if (probe.status !== 0) {
      process.stderr.write(`    skipped: ${python} has no safetensors and numpy (set SYNOD_TEST_PYTHON)\n`);
      this.skip();
    }
    const { stdout, stderr } = spawnSync(python, ['-c', PYTHON_READER, write()], { encoding: 'utf8' });
    const found = JSON.parse(stdout || stderr) as ReturnType<typeof readIndependently>;
    assert.deepEqual(found.metadata, readIndependently(write()).metadata, 'metadata');
    assert.deepEqual(
      found.tensors['dense.weight'],
      { shape: [2, 3], dtype: 'float32', values: [...PARAMETERS.slice(0, 6)] },
      'a tensor',
    );
  });

  it('are refused where they do not fit the model, with the tensor at fault', () => {
    const refuse = (name: string, tensors: Map<string, ReturnType<typeof tensorOf>>, sentence: RegExp) => {
      const path = join(folder.path, name);
      writeSafetensors(path, tensors);
      assert.throws(
        () => flattenTensors(readModelFile(path), TASK),
        { name: 'OperatorError', message: sentence },
        name,
      );
    };
    const whole = () => new Map([...readSafetensors(write()).tensors]);
    const lacking = whole();
    lacking.delete('dense.bias');
    refuse('lacking', lacking, /must hold the tensor dense\.bias, floats \[3\], got "none"$/);
    refuse(
      'reshaped',
      whole().set('dense.weight', tensorOf(new Float32Array(6), [3, 2])),
      /must hold the tensor dense\.weight, floats \[2, 3\], got "F32 \[3, 2\]"$/,
    );
    refuse(
      'typed',
      whole().set('scale', { dtype: 'I32', shape: [], bytes: new Uint8Array(4) }),
      /must hold the tensor scale, floats \[\], got "I32 \[\]"$/,
    );
    refuse(
      'stranger',
      whole().set('other', tensorOf(new Float32Array(1))),
      /must hold only parameters .* got "other"$/,
    );
    refuse('infinite', whole().set('scale', tensorOf(Float32Array.of(NaN), [])), /scale must be finite/);
  });

  it('are read in 16 or 64 bits, beside integers that are no parameters, and in shards', () => {
    const whole = readSafetensors(write()).tensors;
    const bf16 = (values: readonly number[], shape: readonly number[]) => ({
      dtype: 'BF16' as const,
      shape,
      bytes: new Uint8Array(
        Uint16Array.from(new Uint32Array(Float32Array.from(values).buffer), (word) => word >>> 16).buffer,
      ),
    });
    const other = new Map<string, Tensor>([
      ['dense.weight', bf16([1, -2, 3.5, 4, 5, 6], [2, 3])],
      ['dense.bias', { dtype: 'F64', shape: [3], bytes: new Uint8Array(Float64Array.of(7, 8, 9).buffer) }],
      ['norm.num_batches_tracked', { dtype: 'I64', shape: [], bytes: new Uint8Array(8) }],
    ]);
    const [first, second] = ['first.safetensors', 'second.safetensors'];
    writeSafetensors(join(folder.path, first), other, { 'synod.round': '7' });
    writeSafetensors(join(folder.path, second), new Map([['scale', whole.get('scale') as Tensor]]));
    const index = join(folder.path, 'model.safetensors.index.json');
    const map = Object.fromEntries([...other.keys()].map((name) => [name, first]));
    writeFileSync(index, JSON.stringify({ weight_map: { ...map, scale: second } }));
    const file = readModelFile(index);
    const expected = Float32Array.from(PARAMETERS);
    expected[5] = 6;
    assert.deepEqual(flattenTensors(file, TASK), expected, 'as float32, from both shards');
    assert.equal(file.metadata.round, 7, 'with the metadata of a shard');
  });

  it('are refused where their metadata is not what this program writes', () => {
    for (const [metadata, sentence] of [
      [{ 'synod.round': '-1' }, /synod\.round must be a round, got "-1"$/],
      [{ 'synod.model': '{' }, /synod\.model must be JSON/],
      [{ 'synod.model': '"gpt"' }, /synod\.model must be one of/],
      [{ 'synod.data': '{"name":"nothing"}' }, /synod\.data\.name must be one of/],
    ] as const) {
      const path = join(folder.path, 'metadata.safetensors');
      writeSafetensors(path, new Map(), metadata);
      assert.throws(
        () => readModelFile(path),
        { name: 'OperatorError', message: sentence },
        String(sentence),
      );
    }
    const path = join(folder.path, 'strange.safetensors');
    writeSafetensors(path, new Map(), { 'synod.data': '{"name":"mnist","dir":"/etc"}', other: 'x' });
    assert.equal(
      (readModelFile(path).metadata.data as { dir?: string }).dir,
      undefined,
      'no folder from a file',
    );
  });

  it('refuse a vector of another length', () => {
    assert.throws(() => writeModelFile(join(folder.path, 'x'), TASK, new Float32Array(9), {}), {
      message: 'the parameters must have the 10 values of the task, got 9',
    });
  });
});
