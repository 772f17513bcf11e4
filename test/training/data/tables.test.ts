import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openDataset, parseDatasetSpec, type Split } from '../../../src/training/data/dataset-spec.ts';
import type { Dataset } from '../../../src/training/dataset.ts';
import { TemporaryFolder, realData } from './temporary-folder.ts';

const allOf = (dataset: Dataset) => dataset.read(Array.from({ length: dataset.size }, (_, i) => i));
const ON_DISK = { memoryMiB: 0 };

describe('LIBSVM files', () => {
  const folder = new TemporaryFolder();
  let count = 0;
  const open = (text: string, more: object = {}, split: Split = 'train') => {
    const name = `table-${count++}`;
    folder.write(name, text);
    folder.write(`${name}.t`, '+1 2:9\n-1 1:8\n');
    const spec = {
      name: 'libsvm',
      dir: folder.path,
      file: name,
      testFile: `${name}.t`,
      features: 3,
      ...more,
    };
    return openDataset(parseDatasetSpec(spec, 'data'), split);
  };
  const ROWS = '-1 1:3 3:4\n+1 2:-0.5\r\n-1\n1 1:1 # a comment\n\n';

  it('reads sparse rows as dense ones, in memory and from disk', async () => {
    for (const more of [{}, ON_DISK]) {
      const dataset = await open(ROWS, more);
      assert.deepEqual([dataset.size, dataset.featureShape, dataset.classes], [4, [3], 2], 'shape');
      const { features, labels } = allOf(dataset);
      assert.deepEqual([...features], [3, 0, 4, 0, -0.5, 0, 0, 0, 0, 1, 0, 0], 'features');
      assert.deepEqual([...labels], [0, 1, 0, 1], '-1 is class 0, +1 and 1 are class 1');
      const test = allOf(await open(ROWS, more, 'test'));
      assert.deepEqual(
        [[...test.features], [...test.labels]],
        [
          [0, 9, 0, 8, 0, 0],
          [1, 0],
        ],
        'test file',
      );
    }
  });

  it('skips blank lines and remarks, and counts from 0 where it is told', async () => {
    const plain = allOf(await open('1 1:5 3:6\n-1 2:7\n'));
    const padded = await open('# made by x\n\n1 1:5 3:6 # a remark\n   \n-1 2:7\n\n');
    assert.deepEqual(allOf(padded), plain, 'padded');
    assert.deepEqual(allOf(await open('1 0:5 2:6\n-1 1:7\n', { firstIndex: 0 })), plain, 'from 0');
    await assert.rejects(open('1 3:1\n-1 1:1\n', { firstIndex: 0 }), /indices up to 2/, 'and no further');
  });

  it('scales rows to unit length, and leaves an empty row alone', async () => {
    const { features } = allOf(await open(ROWS, { normalizeRows: true }));
    assert.deepEqual([...features], [...Float32Array.of(0.6, 0, 0.8, 0, -1, 0, 0, 0, 0, 1, 0, 0)], 'rows');
  });

  it('numbers labels as it is told', async () => {
    const dataset = await open(ROWS, { labels: ['1', -1] });
    assert.deepEqual([...allOf(dataset).labels], [1, 0, 1, 0], '1 is class 0 here');
    await assert.rejects(open(ROWS, { labels: [1, 2] }), {
      message: /table-\d+ line 1 must have one of the labels 1, 2, got "-1"$/,
    });
  });

  for (const [text, sentence] of [
    ['1 1:1\nx 1:1\n', /line 2 must begin with a number as its label, got "x"$/],
    ['1 1:1\n-1 4:1\n', /line 2 must have indices up to 3, as data\.features says, got "4:1"$/],
    ['1 2:1 2:2\n-1 1:1\n', /line 1 must have ascending indices from 1, got "2:2"$/],
    [
      '1 0:1\n-1 1:1\n',
      /line 1 must have ascending indices from 1 \(this file counts from 0: data\.firstIndex: 0 .*got "0:1"$/,
    ],
    ['1 1:\n-1 1:1\n', /line 1 must have entries index:value, got "1:"$/],
    ['1 1:nan\n-1 1:1\n', /line 1 must have entries index:value, got "1:nan"$/],
    [
      '1 qid:3 1:1\n-1 1:1\n',
      /line 1 must have entries index:value \(qid, of rankings, is not read.*got "qid:3"$/,
    ],
    ['1 1:1e39\n-1 1:1\n', /line 1 must have values in the range of float32 .*got "1:1e39"$/],
    ['1,4 1:1\n-1 1:1\n', /line 1 must begin with one number .*several labels/],
    ['<html>\n</html>\n', /line 1 must begin with a number as its label, got "<html>"$/],
    ['1 1:1\n1 1:2\n', /must have two labels or more, got \["1"\]$/],
    ['\n\n', /must have a line, got "none"$/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)}`, async () => {
      await assert.rejects(open(text), { name: 'OperatorError', message: sentence }, String(sentence));
    });
  }

  it('keeps file names inside the folder', () => {
    for (const file of ['../a', '/etc/passwd', 'a//b', 'c:\\x', './a']) {
      assert.throws(
        () => parseDatasetSpec({ name: 'libsvm', file, features: 1 }, 'data'),
        {
          message:
            /^data\.file must be a relative path without \. and \.\. \(the data folder is named by --data-dir\), got /,
        },
        file,
      );
    }
  });

  it('reads the real a9a with unit rows', async function () {
    const dir = realData(this, 'libsvm/a9a');
    const open = (split: Split, more: object = {}) =>
      openDataset(parseDatasetSpec({ name: 'a9a', dir, ...more }, 'data'), split);
    const [train, test, streamed] = [
      await open('train'),
      await open('test'),
      await open('test', { memoryMiB: 1 }),
    ];
    assert.deepEqual([train.size, test.size, train.featureShape], [32_561, 16_281, [123]], 'sizes');
    const { features, labels } = train.read([0]);
    const ones = [...features].flatMap((value, i) => (value > 0 ? [i + 1] : []));
    assert.deepEqual(
      ones,
      [3, 11, 14, 19, 39, 42, 55, 64, 67, 73, 75, 76, 80, 83],
      'the first line of the file',
    );
    assert.equal(features[2], Math.fround(1 / Math.sqrt(14)), 'unit length');
    assert.equal(labels[0], 0, '-1 is class 0');
    assert.deepEqual(streamed.read([0, 16_280]), test.read([0, 16_280]), 'the same from disk');
  });
});

describe('CSV files', () => {
  const folder = new TemporaryFolder();
  let count = 0;
  const open = (text: string | Uint8Array, more: object = {}, split: Split = 'train') => {
    const file = `table-${count++}.csv`;
    folder.write(file, text);
    folder.write('test.csv', text);
    const spec = { name: 'csv', dir: folder.path, file, testFile: 'test.csv', normalize: false, ...more };
    return openDataset(parseDatasetSpec(spec, 'data'), split);
  };
  const ROWS = '1,2,b\n3,4,a\n5,6,"b"\n';

  it('reads numbers and a label column, in memory and from disk', async () => {
    for (const more of [{}, ON_DISK]) {
      const batch = allOf(await open(ROWS, more));
      assert.deepEqual([...batch.features], [1, 2, 3, 4, 5, 6], 'features');
      assert.deepEqual([...batch.labels], [1, 0, 1], 'labels in sorted order');
    }
    const named = allOf(
      await open('kind;x;"a ""b"" c"\n7;1;2\n-7;3;4e1\n', { label: 'kind', separator: ';' }),
    );
    assert.deepEqual(
      [[...named.features], [...named.labels]],
      [
        [1, 2, 3, 40],
        [1, 0],
      ],
      'by name',
    );
    const second = allOf(await open('1,0,2\n3,1,4\n', { label: 1 }));
    assert.deepEqual([...second.features], [1, 2, 3, 4], 'by number');
  });

  it('normalises columns by the training rows', async () => {
    const batch = allOf(await open('1,5,a\n3,5,b\n', { normalize: 'columns' }));
    assert.deepEqual([...batch.features], [-1, 0, 1, 0], 'mean 2, deviation 1; a constant column is 0');
    const fixed = allOf(await open('1,5,a\n3,5,b\n', { normalize: { mean: [1], sd: [2] } }));
    assert.deepEqual([...fixed.features], [0, 2, 1, 2], 'one mean for all');
  });

  it('cuts off a random test share, the same every time and without overlap', async () => {
    const text = Array.from({ length: 50 }, (_, i) => `${i},${i % 3}`).join('\n');
    folder.write('share.csv', text);
    const spec = { name: 'csv', dir: folder.path, file: 'share.csv', testShare: 0.3, normalize: false };
    const [train, again, test] = await Promise.all(
      (['train', 'train', 'test'] as const).map((split) =>
        openDataset(parseDatasetSpec(spec, 'data'), split),
      ),
    );
    assert.deepEqual([train?.size, test?.size], [35, 15], 'sizes');
    const rows = [train, test].flatMap((part) => [...allOf(part as Dataset).features]);
    assert.equal(new Set(rows).size, 50, 'every row once');
    assert.deepEqual(allOf(train as Dataset), allOf(again as Dataset), 'the same cut');
    assert.notDeepEqual(
      rows.slice(35),
      Array.from({ length: 15 }, (_, i) => 35 + i),
      'not the end of the file',
    );
  });

  for (const [text, more, sentence] of [
    ['1,2,a\n3,b\n', {}, /line 2 must have 3 columns, as the first line has, got 2$/],
    [
      '1,2,a\n3,,b\n',
      {},
      /line 2 must have a number in column 1 \(missing values are not filled in.*, got ""$/,
    ],
    ['x,y,k\n1,2,a\n', {}, /line 1 must have a number in column 0 \(data\.header: true if .*, got "x"$/],
    ['1,2,a\n3,1e999,b\n', {}, /line 2 must have a number in column 1, got "1e999"$/],
    ['1,2,"a\n3,4,b\n', {}, /line 1 must close its quotes on the same line/],
    ['1,2,"a"b\n3,4,b\n', {}, /line 1 must have a separator after a quoted field/],
    ['a\nb\n', {}, /line 1 must have from 2 to \d+ columns, cut by "," .*, got 1$/],
    [
      'x,k\n1,2\n1,3\n',
      { label: 'z' },
      /^data\.label must be a column named in .*table-\d+\.csv \(x, k\), got "z"$/,
    ],
    ['1,2\n1,3\n', { label: 2 }, /^data\.label must be below 2, got 2$/],
    ['1,2,a\n3,4,b\n', { shape: [3] }, /^data\.shape must hold the 2 numbers of a row, got \[3\]$/],
    [
      '1,2,a\n3,4,b\n',
      { normalize: { mean: [1, 1, 1], sd: [1, 1, 1] } },
      /^data\.normalize must have 1 or 2 means, got 3$/,
    ],
    ['1,2,a\n3,1e39,b\n', {}, /line 2 must have a number in column 1 in the range of float32/],
    ['1,2,a\n3,0x10,b\n', {}, /line 2 must have a number in column 1 in decimal digits, got "0x10"$/],
    ['1;2,5;a\n3;4,5;b\n', {}, /number in column 1 with a decimal point, not a comma, got "2,5"$/],
    ['x,y,k\n1,NaN,a\n3,4,b\n', { label: 'k' }, /number in column "y" \(missing values .*got "NaN"$/],
    ['1,2,\n3,4,\n', {}, /line 1 must have a label in column 2, got ""$/],
    ['y,a,a\n1,2,3\n2,3,4\n', { label: 'a' }, /^data\.label must name one column .*several have this name/],
    ['1,2,a\n3,4,"b\nc"\n', {}, /line 2 must close its quotes .*line break/],
    [Buffer.from('1,2,a\n3,4,\xff\n', 'latin1'), {}, /line 2 must be UTF-8 text \(iconv/],
    [Buffer.from('1,2,a\n3,4,b\n', 'utf16le').subarray(0, 9), {}, /./],
    [Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0]), {}, /must be a text file, got "it is a zip archive/],
    ['# only\n# remarks\n', {}, /must be followed by rows/],
    ['1,2,a\n', { header: true }, /must be followed by rows, got "0 rows"$/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} with ${JSON.stringify(more)}`, async () => {
      await assert.rejects(open(text, more), { name: 'OperatorError', message: sentence }, String(sentence));
    });
  }

  it('reads what spreadsheets write: marks, encodings, separators, line ends, blank lines, remarks', async () => {
    const plain = allOf(await open('1,2,a\n3,4,b\n'));
    const bom = '\ufeff';
    for (const [what, bytes, more] of [
      ['a byte order mark', `${bom}1,2,a\r\n3,4,b\r\n`, {}],
      ['a mark, quotes and names', `${bom}"x","y","k"\r\n"1","2","a"\r\n"3","4","b"\r\n`, { label: 'k' }],
      ['a mark before the label', `${bom}k,x,y\n a,1,2\nb,3,4\n`, { label: 'k' }],
      ['UTF-16', Buffer.from(`${bom}1,2,a\n3,4,b\n`, 'utf16le'), {}],
      ['UTF-16, big-endian', Buffer.from(`${bom}1,2,a\n3,4,b\n`, 'utf16le').swap16(), {}],
      ['UTF-16 without a mark', Buffer.from('1,2,a\n3,4,b\n', 'utf16le'), {}],
      ['semicolons', '1;2;a\n3;4;b\n', {}],
      ['tabs', '1\t2\ta\n3\t4\tb\n', {}],
      ['bars', '1|2|a\n3|4|b\n', {}],
      ['the line of Excel', 'sep=;\r\n1;2;a\r\n3;4;b\r\n', {}],
      ['carriage returns alone', '1,2,a\r3,4,b\r', {}],
      ['blank lines', '\n1,2,a\n\n \n3,4,b\n\n', {}],
      ['remarks', '# made by x\n1,2,a\n# in, the, very, middle\n3,4,b\n', {}],
      ['gzip in two members', Buffer.concat([gzipSync('1,2,a\n'), gzipSync('3,4,b\n')]), {}],
      ['spaces around', ' 1 , 2 , a \n 3 , 4 , b \n', {}],
      ['exponents and signs', '+1e0,.2e1,a\n3.,4.0,b\n', {}],
    ] as const) {
      assert.deepEqual(allOf(await open(bytes, more)), plain, what);
    }
  });

  it('takes fractions and numbers without like for no classes', async () => {
    const rows = (label: (i: number) => number) =>
      Array.from({ length: 60 }, (_, i) => `${i % 7},${label(i)}`).join('\n');
    const regression = /regression is not supported \(data\.labels .*\d+ different labels in 60 rows/;
    await assert.rejects(open(rows((i) => i / 7)), regression, 'fractions');
    await assert.rejects(open(rows((i) => 100 + i)), regression, 'prices');
    assert.equal((await open(rows((i) => i % 25))).classes, 25, 'many classes of several rows');
    assert.equal((await open(rows((i) => (i % 4) / 2))).classes, 4, 'few classes that are fractions');
  });

  it('keeps integers apart that float64 would merge', async () => {
    const { labels } = allOf(await open('1,9007199254740993\n2,9007199254740992\n3,9007199254740993\n'));
    assert.equal(new Set(labels).size, 2, 'two identifiers');
  });

  it('reads the real digits, packed, and unpacked from disk', async function () {
    const dir = realData(this, 'digits/digits.csv.gz');
    const spec = {
      name: 'csv',
      dir,
      file: 'digits.csv',
      shape: [8, 8, 1],
      normalize: { mean: [0], sd: [16] },
    };
    const packed = await openDataset(parseDatasetSpec(spec, 'data'), 'test');
    assert.deepEqual(
      [packed.size, packed.classes, packed.featureShape],
      [359, 10, [8, 8, 1]],
      'a fifth of 1797',
    );
    folder.write('digits.csv', gunzipSync(readFileSync(join(dir, 'digits/digits.csv.gz'))));
    const local = parseDatasetSpec({ ...spec, dir: folder.path, memoryMiB: 0.01 }, 'data');
    assert.deepEqual(allOf(await openDataset(local, 'test')), allOf(packed), 'the same from disk');
  });
});
