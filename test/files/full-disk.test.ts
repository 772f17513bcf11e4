/** Every writer on a disk that is really full: one sentence that names the path, and nothing half-written is left. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOutputFile, checkOutputFolder } from '../../src/files/output-target.ts';
import { ScratchFile } from '../../src/files/scratch-file.ts';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { NpyWriter } from '../../src/formats/npy.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { createRunLog } from '../../src/telemetry/run-log.ts';
import { parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import { provideDataset } from '../../src/training/data/provide-dataset.ts';
import { writeModelFile } from '../../src/training/model-file.ts';
import { decisionBytes, updateOf } from '../storage/written-rounds.ts';
import { mountSmallDisk, NO_SMALL_DISK, type SmallDisk } from '../support/full-disk.ts';
import { writeRun } from '../support/written-run.ts';

const DISK_BYTES = 1 << 20;
/** A file that no mirror has. */
const NOWHERE = { name: 'x', checksum: { algorithm: 'md5', hex: '00' } } as const;
const LARGE = new Float32Array(DISK_BYTES / 4);

describe('a full disk', () => {
  let disk: SmallDisk | undefined;
  const at = (...names: string[]): string => join(disk?.path ?? '', ...names);
  before(function () {
    disk = mountSmallDisk(DISK_BYTES);
    if (disk === undefined) {
      process.stderr.write(`    left out: ${NO_SMALL_DISK}\n`);
      this.skip();
    }
  });
  after(() => disk?.unmount());
  afterEach(() => {
    for (const name of readdirSync(at())) rmSync(at(name), { recursive: true });
  });

  const WRITERS: Readonly<Record<string, (path: string) => void>> = {
    'a whole file': (path) => writeWholeFile(path, LARGE),
    'an array': (path) => {
      const writer = new NpyWriter(path, 'float32', [LARGE.length]);
      try {
        writer.write(LARGE);
        writer.finish();
      } finally {
        writer.abandon();
      }
    },
    'a model': (path) =>
      writeModelFile(path, { parameters: [{ name: 'w', shape: [LARGE.length] }] }, LARGE, {}),
    'values that do not fit in memory': (path) => {
      const file = new ScratchFile(path);
      try {
        file.append(LARGE);
        file.append(LARGE);
      } finally {
        file.close();
      }
    },
  };
  for (const [what, write] of Object.entries(WRITERS)) {
    it(`is one sentence of ${what}, which leaves what was there`, () => {
      writeFileSync(at('out'), 'of before');
      assert.throws(
        () => write(at('out')),
        (error) => {
          assert.ok(error instanceof OperatorError, String(error));
          assert.ok(error.message.includes(at('out')), error.message);
          assert.match(error.message, /: the disk is full \(what is not written is lost: make room/);
          return true;
        },
      );
      assert.deepEqual(readdirSync(at()), ['out'], 'nothing beside it');
      assert.equal(readFileSync(at('out'), 'utf8'), 'of before');
    });
  }

  it('is found before work begins', () => {
    mkdirSync(at('folder'));
    disk?.fill(0);
    for (const check of [
      () => checkOutputFile(at('x.npy'), { field: '--out' }),
      () => checkOutputFolder(at('folder'), '--dir'),
      () => checkOutputFolder(at('new'), '--dir'),
    ]) {
      assert.throws(check, /^OperatorError: cannot (write|make the folder) .*: the disk is full \(/);
    }
  });

  it('ends the event log of a run with the file and the reason, and not the run', () => {
    disk?.fill(16 << 10);
    const reasons: string[] = [];
    writeRun({
      folder: at('run'),
      peers: 8,
      rounds: 300,
      adversaries: 2,
      onFault: (why) => reasons.push(why),
    });
    assert.equal(reasons.length, 1, 'told once');
    assert.ok(
      reasons[0]?.startsWith(`cannot write ${at('run', 'events.jsonl')}: the disk is full (`),
      reasons[0],
    );
  });

  it('costs lines of the run log, told once on the terminal, and not the run', () => {
    disk?.fill(8 << 10);
    const shown: string[] = [];
    const show = (line: string): void => void shown.push(line);
    const log = createRunLog(at('log.jsonl'), { verbose: false, name: 'alice', show });
    for (let i = 0; i < 100; i++) log.info('x'.repeat(1000));
    log.close();
    const told = shown.filter((line) =>
      line.startsWith(`cannot write ${at('log.jsonl')}: the disk is full (`),
    );
    assert.equal(told.length, 1);
    assert.equal(shown.length, 101, 'every line still reaches the terminal');
  });

  it('or one that may only be read is told where downloads cannot be kept', async () => {
    await disk?.remount('ro');
    try {
      const spec = parseDatasetSpec('mnist', 'data');
      for (const cacheDir of [at(), at('below', 'it')]) {
        await assert.rejects(
          provideDataset(spec, { cacheDir, sources: { mnist: { mirrors: [], files: [NOWHERE] } } }),
          /^OperatorError: data sets that are downloaded cannot be kept: .*read-only file system \(SYNOD_DATA_DIR names another folder/,
        );
      }
    } finally {
      await disk?.remount('rw');
    }
  });

  it('ends the store, which says that what it held is whole', async () => {
    const keep = { limit: { kind: 'rounds', rounds: 1000 }, leastRounds: 0 } as const;
    const store = await openStore(at('peer'), { experiment: 'ab', keep });
    await assert.rejects(async () => {
      for (let round = 0; round < 1000; round++) {
        const [decision, update] = [decisionBytes(round), updateOf(round)];
        await store.saveDecisions([{ round, decision, update }], false);
      }
    }, /the disk is full \(.*\): what was stored before is whole; make room there and start again$/);
    await store.close().catch(() => undefined);
  });
});
