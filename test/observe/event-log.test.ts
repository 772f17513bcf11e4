import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventLog, type EventLogOptions } from '../../src/observe/event-log.ts';
import { EVENTS_SCHEMA } from '../../src/observe/event-table.ts';
import { findLog, listParts, readLog, readPiece, START } from '../../src/observe/log-files.ts';
import { parseEvent } from '../../src/observe/parse-event.ts';

const HEADER: EventLogOptions['header'] = {
  schema: EVENTS_SCHEMA,
  source: 'simulation',
  self: null,
  name: 'test',
  experimentId: 'ab',
  experiment: { rounds: 3 },
  adversaries: [1],
  attack: 'ipm',
  parameters: 10,
  backend: 'cpu',
  command: ['synod'],
  build: { synod: '0', node: '20' },
  machine: { system: 's', processor: 'p', cores: 1, memoryBytes: 1 },
  need: { everyPeer: 1, member: 1, worker: 1 },
};

describe('event log', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-events-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (limits: { maxFileBytes?: number; maxFiles?: number } = {}) =>
    new EventLog({
      folder,
      header: HEADER,
      peers: ['a', 'b'],
      onFault: (reason) => assert.fail(reason),
      ...limits,
    });
  const stored = async () => {
    const events = [];
    for await (const line of readLog(folder)) {
      const parsed = parseEvent(line);
      assert.ok('event' in parsed, `${line}: ${'fault' in parsed ? parsed.fault : ''}`);
      events.push(parsed.event);
    }
    return events;
  };

  it('gives back what was written, after a header that numbers the peers', async () => {
    const log = open();
    log.write('exclusion', { peer: log.numberOf('b'), round: 4 });
    log.write('exclusion', { peer: log.numberOf('newcomer'), round: 5 });
    log.close();
    const [run, first, named, second] = await stored();
    assert.ok(run?.e === 'run' && run.peers.join() === 'a,b', 'header');
    assert.ok(first?.e === 'exclusion' && first.peer === 1 && first.round === 4, 'as it was written');
    assert.ok(
      named?.e === 'peer' && named.peer === 2 && named.id === 'newcomer',
      'a new peer is told of first',
    );
    assert.ok(second?.e === 'exclusion' && second.peer === 2, 'by its number');
  });

  it('is put aside when it is full, repeats its header, and keeps a bounded number of files', async () => {
    const log = open({ maxFileBytes: 2_000, maxFiles: 3 });
    log.numberOf('newcomer');
    for (let round = 0; round < 400; round++) {
      log.write('exclusion', { peer: 0, round });
      log.flush();
    }
    log.close();
    const parts = listParts(folder);
    assert.equal(parts.length, 3, 'files');
    for (const { part, path } of parts) {
      const parsed = parseEvent(readFileSync(path, 'utf8').split('\n')[0] as string);
      assert.ok('event' in parsed && parsed.event.e === 'run', 'each file begins with the header');
      assert.equal(parsed.event.part, part, 'which says its number');
      assert.deepEqual(parsed.event.peers, ['a', 'b', 'newcomer'], 'and all peers known so far');
    }
    const rounds = (await stored()).flatMap((event) => (event.e === 'exclusion' ? [event.round] : []));
    assert.equal(rounds.at(-1), 399, 'the newest is there');
    assert.deepEqual(
      rounds,
      rounds.map((_, i) => 400 - rounds.length + i),
      'nothing is missing between the files',
    );
  });

  it('goes on in the same file after a crash that cut a line off', async () => {
    const before = open();
    before.write('exclusion', { peer: 0, round: 1 });
    before.close();
    appendFileSync(join(folder, 'events.jsonl'), '{"t":9,"e":"exclu');
    const after = open();
    after.write('exclusion', { peer: 0, round: 2 });
    after.close();
    const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').trimEnd().split('\n');
    const kinds = lines.map((line) => {
      const parsed = parseEvent(line);
      return 'event' in parsed ? parsed.event.e : parsed.fault;
    });
    assert.deepEqual(kinds, ['run', 'exclusion', 'not JSON', 'run', 'exclusion'], 'one line is lost');
  });

  it('is read from a position on, also one in a file that is gone', async () => {
    const log = open({ maxFileBytes: 2_000, maxFiles: 2 });
    log.write('exclusion', { peer: 0, round: 0 });
    log.flush();
    const first = await readPiece(folder, START);
    assert.equal(await readPiece(folder, first!.next), undefined, 'nothing more yet');
    for (let round = 1; round < 300; round++) {
      log.write('exclusion', { peer: 0, round });
      log.flush();
    }
    const later = await readPiece(folder, first!.next);
    assert.ok(later!.next.part > 0, 'goes on at the oldest file that is left');
    assert.match(later!.text, /^\{"t":\d+,"e":"run"/, 'which begins with the header');
    log.close();
  });

  it('is found in the folder or in the one below that has it', () => {
    const log = open();
    log.close();
    assert.equal(findLog(folder), folder, 'in it');
    assert.throws(() => findLog(join(folder, 'nowhere')), /must be a folder with events\.jsonl/, 'named');
  });
});

describe('a line of an event log', () => {
  const LINES: readonly (readonly [string, string, RegExp])[] = [
    ['that is no JSON', '{"t":1', /not JSON/],
    ['of an unknown kind', '{"t":1,"e":"constructor"}', /no known kind/],
    ['with a field too many', '{"t":1,"e":"exclusion","peer":1,"round":2,"x":3}', /exclusion/],
    ['with a wrong field', '{"t":1,"e":"exclusion","peer":-1,"round":2}', /exclusion\.peer/],
    ['that is no object', 'null', /no known kind/],
  ];
  for (const [what, line, pattern] of LINES) {
    it(`${what} is refused with the reason`, () => {
      const parsed = parseEvent(line);
      assert.match('fault' in parsed ? parsed.fault : 'taken', pattern, line);
    });
  }
});
