import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { OperatorError } from '../../../src/foundation/operator-error.ts';
import { SeededRandom } from '../../../src/foundation/seeded-random.ts';
import { openDataset, parseDatasetSpec } from '../../../src/training/data/dataset-spec.ts';
import { digestOf, downloadFile, type DownloadProgress } from '../../../src/training/data/download.ts';
import { DOWNLOAD_SOURCES, type DownloadSource } from '../../../src/training/data/download-sources.ts';
import { defaultCacheDir, provideDataset } from '../../../src/training/data/provide-dataset.ts';
import { FileServer } from './file-server.ts';
import { TemporaryFolder, realData } from './temporary-folder.ts';

const random = new SeededRandom('download test');
const BYTES = Uint8Array.from({ length: 300_000 }, () => random.nextBelow(256));
const OTHER = BYTES.toReversed();
const sha256 = (bytes: Uint8Array) =>
  ({ algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') }) as const;

describe('download', () => {
  const server = new FileServer();
  const folder = new TemporaryFolder();
  let path = '';
  let count = 0;
  beforeEach(() => {
    path = join(folder.path, `${count++}`, 'set.bin');
  });
  const fetchFrom = (mirrors: readonly string[], options = {}) =>
    downloadFile(
      { urls: mirrors.map((mirror) => server.url(`${mirror}/set.bin`)), path, checksum: sha256(BYTES) },
      options,
    );
  const asked = () => server.requests.map(({ path, range }) => `${path.split('/')[0]} ${range ?? 'all'}`);
  const assertArrived = () => {
    assert.deepEqual(new Uint8Array(readFileSync(path)), BYTES, 'the right bytes');
    assert.deepEqual(readdirSync(join(path, '..')), ['set.bin'], 'and nothing beside them');
  };

  it('fetches a file and tells its progress', async () => {
    server.files.set('a/set.bin', { bytes: BYTES });
    const seen: DownloadProgress[] = [];
    await fetchFrom(['a', 'b'], { onProgress: (progress: DownloadProgress) => seen.push(progress) });
    assertArrived();
    assert.deepEqual(asked(), ['a all'], 'the first mirror only');
    assert.deepEqual(
      seen.at(-1),
      { file: 'set.bin', receivedBytes: 300_000, totalBytes: 300_000 },
      'the last report',
    );
    const received = seen.map(({ receivedBytes }) => receivedBytes);
    assert.deepEqual(
      received,
      received.toSorted((x, y) => x - y),
      'it never goes back',
    );
  });

  it('goes to the next mirror where the checksum is wrong, leaving nothing of the first', async () => {
    server.files.set('a/set.bin', { bytes: OTHER });
    server.files.set('b/set.bin', { bytes: BYTES });
    await fetchFrom(['a', 'b']);
    assertArrived();
    assert.deepEqual(asked(), ['a all', 'b all'], 'one transfer each, the second from the start');
  });

  it('resumes a broken transfer where it broke', async () => {
    server.files.set('a/set.bin', { bytes: BYTES, breaks: [100_000, 50_000] });
    await fetchFrom(['a']);
    assertArrived();
    const starts = server.requests.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
    assert.equal(starts.length, 3, 'three transfers');
    assert.ok(
      starts[1]! > 0 && starts[1]! <= 100_000 && starts[2]! >= starts[1]! && starts[2]! <= 150_000,
      `each from where the last one broke, got ${starts.join(', ')}`,
    );
  });

  it('resumes at another mirror what one mirror could not finish', async () => {
    server.files.set('a/set.bin', { bytes: BYTES, breaks: [100_000, 0, 0, 0] });
    server.files.set('b/set.bin', { bytes: BYTES });
    await fetchFrom(['a', 'b']);
    assertArrived();
    assert.match(asked().at(-1) as string, /^b bytes=[1-9]\d*-$/, 'the second goes on');
  });

  it('resumes what another process has left, and starts again where that was rotten', async () => {
    server.files.set('a/set.bin', { bytes: BYTES });
    folder.write(`${count - 1}/set.bin.part`, BYTES.subarray(0, 200_000));
    await fetchFrom(['a']);
    assertArrived();
    assert.deepEqual(asked(), ['a bytes=200000-'], 'the rest only');

    path = join(folder.path, 'rotten', 'set.bin');
    for (const left of [OTHER.subarray(0, 1000), OTHER, Buffer.concat([BYTES, OTHER])]) {
      server.requests.length = 0;
      folder.write('rotten/set.bin.part', left);
      await fetchFrom(['a']);
      assertArrived();
      assert.deepEqual(asked(), [`a bytes=${left.length}-`, 'a all'], `${left.length} rotten bytes`);
    }
  });

  it('takes the whole file from a server that knows no ranges', async () => {
    server.files.set('a/set.bin', { bytes: BYTES, breaks: [100_000], ignoresRange: true });
    await fetchFrom(['a']);
    assertArrived();
    assert.equal(server.requests.length, 2, 'the second transfer is the whole file');
  });

  it('gives up a transfer that stalls', async () => {
    server.files.set('a/set.bin', { bytes: BYTES, stalls: true });
    server.files.set('b/set.bin', { bytes: BYTES });
    await fetchFrom(['a', 'b'], { stallTimeoutMs: 50 });
    assertArrived();
  });

  it('says in one sentence what every mirror answered and what to do', async () => {
    server.files.set('a/set.bin', { bytes: OTHER });
    server.files.set('c/set.bin', { bytes: BYTES, status: 503 });
    const urls = [
      ...['a', 'b', 'c'].map((mirror) => server.url(`${mirror}/set.bin`)),
      'http://127.0.0.1:1/set.bin',
    ];
    await assert.rejects(downloadFile({ urls, path, checksum: sha256(BYTES) }), (error: Error) => {
      assert.ok(error instanceof OperatorError, 'the operator can do something');
      const host = new URL(server.url()).host;
      const wrong = sha256(OTHER).hex;
      for (const part of [
        `${host}: checksum ${wrong}; ${host}: HTTP 404; ${host}: HTTP 503; 127.0.0.1:1: `,
        'set.bin could not be downloaded with the sha256 checksum',
        'name its folder with --data-dir',
      ]) {
        assert.ok(error.message.includes(part), `${error.message}\nlacks\n${part}`);
      }
      return true;
    });
    assert.ok(!existsSync(path), 'nothing is put in place');
  });

  it('stops when it is told to, and keeps what has arrived', async () => {
    server.files.set('a/set.bin', { bytes: BYTES });
    const control = new AbortController();
    const onProgress = () => control.abort(new Error('enough'));
    await assert.rejects(fetchFrom(['a', 'a'], { signal: control.signal, onProgress }), {
      message: 'enough',
    });
    assert.deepEqual(asked(), ['a all'], 'no further attempt');
  });
});

/** An archive of regular files as POSIX tar writes them. */
function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(bytes.length.toString(8).padStart(11, '0'), 124);
    header.write('0', 156);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

describe('provided data sets', () => {
  const server = new FileServer();
  const folder = new TemporaryFolder();
  const record = new Uint8Array(3073).fill(4);
  const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat('test_batch.bin');
  const archiveOf = (members: readonly string[]) =>
    gzipSync(
      tarOf({
        'cifar-10-batches-bin/readme.html': Buffer.from('x'.repeat(70_000)),
        ...Object.fromEntries(members.map((name) => [`cifar-10-batches-bin/${name}`, record])),
      }),
    );
  const sourcesFor = (archive: Uint8Array): Record<string, DownloadSource> => {
    server.files.set('cifar-10-binary.tar.gz', { bytes: archive });
    return {
      cifar10: {
        mirrors: [server.url()],
        files: [{ name: 'cifar-10-binary.tar.gz', checksum: sha256(archive), unpack: names }],
      },
    };
  };
  const cifar = parseDatasetSpec('cifar10', 'data');

  it('downloads once, unpacks, and opens', async () => {
    const options = { cacheDir: join(folder.path, 'cache'), sources: sourcesFor(archiveOf(names)) };
    const all = await Promise.all([1, 2, 3].map(() => provideDataset(cifar, options)));
    assert.equal(server.requests.length, 1, 'three callers at once, one download');
    assert.deepEqual(
      readdirSync(join(folder.path, 'cache', 'cifar10')).sort(),
      names,
      'archive and lock are gone',
    );
    const dataset = await openDataset(all[2] as typeof cifar, 'train');
    assert.deepEqual([dataset.size, dataset.label(4)], [5, 4], 'five batches of one record');
    await provideDataset(cifar, options);
    assert.equal(server.requests.length, 1, 'the next caller finds it there');
  });

  it('refuses an archive that lacks a file or is cut short', async () => {
    const lacking = {
      cacheDir: join(folder.path, 'lacking'),
      sources: sourcesFor(archiveOf(names.slice(1))),
    };
    await assert.rejects(provideDataset(cifar, lacking), {
      name: 'OperatorError',
      message: /cifar-10-binary\.tar\.gz must hold .*, got "none named data_batch_1\.bin"$/,
    });
    const cut = {
      cacheDir: join(folder.path, 'cut'),
      sources: sourcesFor(archiveOf(names).subarray(0, 200)),
    };
    await assert.rejects(provideDataset(cifar, cut), {
      message: /must be a whole \.tar\.gz archive, got "unexpected end of file"$/,
    });
  });

  it('takes a lock over from a process that is gone', async () => {
    const lock = folder.write('stale/cifar10/download.lock', '');
    utimesSync(lock, 0, 0);
    await provideDataset(cifar, {
      cacheDir: join(folder.path, 'stale'),
      sources: sourcesFor(archiveOf(names)),
    });
    assert.equal(server.requests.length, 1, 'downloaded');
  });

  it('downloads nothing where a folder is named, and needs one where there is nothing to download', async () => {
    const spec = await provideDataset(cifar, { dataDir: folder.path });
    assert.deepEqual(spec, { ...cifar, dir: folder.path }, 'the folder');
    await assert.rejects(provideDataset(cifar, { dataDir: join(folder.path, 'no') }), {
      message: /^the data folder must exist, got "/,
    });
    writeFileSync(join(folder.path, 'plain'), '');
    await assert.rejects(provideDataset(cifar, { dataDir: join(folder.path, 'plain') }), {
      message: /^the data folder must be a folder, got "/,
    });
    await assert.rejects(provideDataset(parseDatasetSpec({ name: 'csv', file: 'a.csv' }, 'data')), {
      message: /^data\.dir \(or --data-dir\) must be given for csv, which cannot be downloaded/,
    });
    const glyphs = parseDatasetSpec('glyphs', 'data');
    assert.equal(await provideDataset(glyphs), glyphs, 'the embedded set needs nothing');
  });

  it('says that downloads cannot be kept, and how to name another folder, before it asks a mirror', async () => {
    writeFileSync(join(folder.path, 'file'), '');
    const below = { cacheDir: join(folder.path, 'file', 'below'), sources: sourcesFor(archiveOf(names)) };
    const asked = server.requests.length;
    await assert.rejects(provideDataset(cifar, below), {
      name: 'OperatorError',
      message:
        /cannot be kept: .*file is a file and no folder \(SYNOD_DATA_DIR names another folder, --data-dir/,
    });
    if (process.platform === 'linux') {
      await assert.rejects(provideDataset(cifar, { ...below, cacheDir: '/proc/synod' }), /cannot be kept/);
    }
    assert.equal(server.requests.length, asked, 'nothing was asked');
  });

  it("keeps downloads in the user's data folder unless told otherwise", () => {
    assert.equal(defaultCacheDir({ SYNOD_DATA_DIR: '/s', XDG_DATA_HOME: '/x' }), '/s', 'own variable');
    assert.equal(defaultCacheDir({ XDG_DATA_HOME: '/x' }), join('/x', 'synod', 'data'), 'XDG');
    assert.match(defaultCacheDir({}), /\.local.share.synod.data$/, 'default');
  });

  it('states the checksums that the original files have', async function () {
    const dir = realData(this, 'mnist');
    const folders: Record<string, string> = {
      mnist: 'mnist',
      a9a: 'libsvm',
      mushrooms: 'libsvm',
      'tiny-shakespeare': 'tinyshakespeare',
    };
    for (const [set, below] of Object.entries(folders)) {
      for (const { name, checksum } of DOWNLOAD_SOURCES[set]?.files ?? []) {
        const found = await digestOf(join(dir, below, name), checksum.algorithm);
        assert.equal(checksum.hex, found, `${set}/${name}`);
      }
    }
  });

  it('has well-formed sources', () => {
    for (const [set, { mirrors, files }] of Object.entries(DOWNLOAD_SOURCES)) {
      assert.equal(parseDatasetSpec(set, 'data').name, set, `${set} is a data set`);
      assert.ok(
        mirrors.every((mirror) => mirror.endsWith('/') && URL.canParse(mirror)),
        `mirrors of ${set}`,
      );
      for (const { name, checksum } of files) {
        assert.equal(checksum.hex.length, checksum.algorithm === 'md5' ? 32 : 64, `${set}/${name}`);
      }
    }
  });
});
