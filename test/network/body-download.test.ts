import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  bodyDigest,
  PIECE_BYTES,
  PIECE_DIGEST_BYTES,
  pieceCount,
  pieceList,
  pieceOf,
} from '../../src/crypto/body-digest.ts';
import { sharedBytes } from '../../src/foundation/shared-memory.ts';
import { BodyDownload } from '../../src/network/body-download.ts';
import type { PieceSource } from '../../src/network/body-download.ts';
import {
  decodeBodyRequest,
  decodeList,
  encodeBodyRequest,
  encodeList,
  listAnswerBytes,
  pieceLength,
} from '../../src/network/body-wire.ts';
import { MAX_BODY_BYTES } from '../../src/network/limits.ts';
import type { BodyRequest } from '../../src/network/body-wire.ts';
import { TransportError, type PartialBody } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';

const NEVER = { signal: new AbortController().signal };
const BODY = Uint8Array.from(
  { length: 60 * PIECE_BYTES + 77 },
  (_, i) => (i * 31 + (i >> 10) + (i >> 17)) & 255,
);
const DIGEST = bodyDigest(BODY);

type Manner =
  | 'honest'
  | 'false-list'
  | 'short-list'
  | 'false-piece'
  | 'long-piece'
  | 'absent'
  | 'silent'
  | 'silent-after-list'
  | 'silent-after-piece'
  | 'stops-early';

/** Holders that behave each in their manner, and what was asked of whom. */
function holders(
  manners: Readonly<Record<string, Manner>>,
): PieceSource & { accused: string[]; sent: Map<string, number> } {
  const accused: string[] = [];
  const sent = new Map<string, number>();
  return {
    accused,
    sent,
    accuse: (holder) => accused.push(holder),
    isConnected: () => true,
    async *frames(holder: string, request: BodyRequest, maxFrameBytes: number, signal: AbortSignal) {
      const manner = manners[holder] ?? 'absent';
      await Promise.resolve();
      const silence = (): Promise<never> =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new TransportError('aborted', 'x'))),
        );
      if (manner === 'silent') await silence();
      if (manner === 'absent') throw new TransportError('not-found', `${holder} does not have it`);
      if (request.kind === 'list') {
        const list = pieceList(BODY);
        if (manner === 'false-list') list[5] = (list[5] ?? 0) ^ 1;
        const frame = encodeList(BODY.length, manner === 'short-list' ? list.subarray(32) : list);
        if (frame.length > maxFrameBytes)
          throw new TransportError('too-large', 'the list is longer than announced');
        yield frame;
        if (manner === 'silent-after-list') await silence();
      }
      const first = request.kind === 'list' ? 0 : request.first;
      for (let i = first; i < first + request.count; i++) {
        if (manner === 'stops-early' && i > first) return;
        if (manner === 'silent-after-piece' && i > first) await silence();
        sent.set(holder, (sent.get(holder) ?? 0) + 1);
        const piece = Uint8Array.from(pieceOf(BODY, i));
        if (manner === 'false-piece') piece[0] = (piece[0] ?? 0) ^ 255;
        yield manner === 'long-piece' ? new Uint8Array([...piece, 0]) : piece;
      }
    },
  };
}

async function download(
  source: PieceSource,
  from: readonly string[],
  byteLength = BODY.length,
): Promise<Uint8Array> {
  return new BodyDownload(DIGEST, byteLength, from, source, NEVER).run();
}

function assertBody(fetched: Uint8Array): void {
  assert.equal(Buffer.compare(fetched, BODY), 0, 'the same bytes');
}

describe('body download', () => {
  it('spreads the pieces over honest holders', async () => {
    const source = holders({ a: 'honest', b: 'honest', c: 'honest' });
    assertBody(await download(source, ['a', 'b', 'c']));
    assert.equal(
      [...source.sent.values()].reduce((x, y) => x + y),
      pieceCount(BODY.length),
      'each piece once',
    );
    assert.ok(source.sent.size > 1, 'from more than one of them');
    assert.deepEqual(source.accused, [], 'nobody is blamed');
  });

  for (const manner of ['false-list', 'short-list', 'false-piece', 'long-piece'] as const) {
    it(`gets the body although a holder lies (${manner}), and names the liar once`, async () => {
      for (const from of [
        ['liar', 'a', 'b'],
        ['a', 'liar', 'b'],
        ['a', 'b', 'liar'],
      ]) {
        const source = holders({ a: 'honest', b: 'honest', liar: manner });
        assertBody(await download(source, from));
        assert.ok(
          source.accused.every((holder) => holder === 'liar'),
          `accused: ${source.accused.join(' ')}`,
        );
        if (from[0] === 'liar' || manner.endsWith('piece'))
          assert.equal(source.accused.length, 1, `liar in ${from.join(' ')}`);
      }
    });
  }

  it('gets the body although holders are silent, absent, or stop early, and blames none', async () => {
    const source = holders({ s: 'silent', x: 'absent', e: 'stops-early', a: 'honest' });
    assertBody(await download(source, ['s', 'x', 'e', 'a']));
    assert.deepEqual(source.accused, [], 'slowness is no lie');
  });

  for (const manner of ['silent', 'silent-after-list', 'silent-after-piece'] as const) {
    it(`gets the body although the holder that is asked first goes silent (${manner})`, async () => {
      const source = holders({ first: manner, a: 'honest' });
      assertBody(await download(source, ['first', 'a']));
      assert.deepEqual(source.accused, [], 'silence is no lie');
    });
  }

  describe('of which pieces are kept', () => {
    /** What an earlier process has left, in memory; `spoilt` pieces are not what was written. */
    function keeping(has: readonly number[], spoilt: readonly number[] = [], list = pieceList(BODY)) {
      const disk = new Uint8Array(BODY.length);
      for (const index of has) disk.set(pieceOf(BODY, index), index * PIECE_BYTES);
      for (const index of spoilt) disk[index * PIECE_BYTES + 9] = 255 - (BODY[index * PIECE_BYTES + 9] ?? 0);
      const begun: Uint8Array[] = [];
      const kept: number[] = [];
      const partial: PartialBody = {
        list: () => Promise.resolve(list.length === 0 ? undefined : list),
        read: (bytes, at) => Promise.resolve(bytes.set(disk.subarray(at, at + bytes.length))),
        begin: (given) => void begun.push(given),
        keep: (bytes, at) => {
          assert.equal(Buffer.compare(bytes, pieceOf(BODY, at / PIECE_BYTES)), 0, 'a true piece');
          kept.push(at / PIECE_BYTES);
        },
      };
      return { partial, begun, kept };
    }

    async function resume(source: PieceSource, from: readonly string[], partial: PartialBody) {
      const resumed: number[][] = [];
      const onResumed = (pieces: number, of: number): void => void resumed.push([pieces, of]);
      const options = { ...NEVER, partial, onResumed };
      const body = await new BodyDownload(DIGEST, BODY.length, from, source, options).run();
      return { body, resumed };
    }

    const COUNT = pieceCount(BODY.length);
    const ALL = Array.from({ length: COUNT }, (_, i) => i);
    const sum = (sent: ReadonlyMap<string, number>): number => [...sent.values()].reduce((x, y) => x + y, 0);

    it('keeps each piece once, in its place, after the list', async () => {
      const { partial, begun, kept } = keeping([], [], new Uint8Array(0));
      const { body, resumed } = await resume(holders({ a: 'honest', b: 'honest' }), ['a', 'b'], partial);
      assertBody(body);
      assert.deepEqual(begun, [pieceList(BODY)]);
      assert.deepEqual(
        kept.sort((a, b) => a - b),
        ALL,
      );
      assert.deepEqual(resumed, [], 'there was nothing to go on with');
    });

    it('asks for those only that are missing or rotten', async () => {
      const here = ALL.slice(0, 50);
      const { partial, begun, kept } = keeping(here, [3, 40]);
      const source = holders({ a: 'honest', b: 'honest' });
      const { body, resumed } = await resume(source, ['a', 'b'], partial);
      assertBody(body);
      assert.deepEqual(resumed, [[48, COUNT]]);
      assert.equal(sum(source.sent), COUNT - 48);
      assert.equal(kept.length, COUNT - 48, 'and keeps them');
      assert.deepEqual(begun, [], 'under the same list');
    });

    it('asks nobody where all of it is here', async () => {
      const source = holders({});
      const { body, resumed } = await resume(source, [], keeping(ALL).partial);
      assertBody(body);
      assert.deepEqual(resumed, [[COUNT, COUNT]]);
    });

    for (const [what, list] of [
      ['false', pieceList(BODY).map((byte, i) => (i === 77 ? byte ^ 1 : byte))],
      ['short', pieceList(BODY).subarray(PIECE_DIGEST_BYTES)],
    ] as const) {
      it(`begins anew where the list is ${what}`, async () => {
        const { partial, begun } = keeping(ALL, [], list);
        const source = holders({ a: 'honest' });
        const { body, resumed } = await resume(source, ['a'], partial);
        assertBody(body);
        assert.deepEqual([resumed, begun.length, sum(source.sent)], [[], 1, COUNT]);
      });
    }

    it('asks a holder again that was lost, and a liar never', async () => {
      const { partial } = keeping([0]);
      let lost = 3;
      const honest = holders({ a: 'honest' });
      const flapping: PieceSource = {
        ...honest,
        frames: (holder, request, most, signal) => {
          lost -= 1;
          if (lost >= 0) throw new TransportError('closed', `${holder} is away`);
          return honest.frames(holder, request, most, signal);
        },
      };
      assertBody((await resume(flapping, ['a'], partial)).body);
      assert.ok(lost < 0, 'it was asked again');
      const liar = holders({ a: 'false-piece' });
      await assert.rejects(resume(liar, ['a'], partial), { code: 'bad-digest' });
      assert.deepEqual(liar.accused, ['a'], 'a liar is not');
    });
  });

  describe('from holders of which some cannot be reached', () => {
    /** `late` says that it is getting the body as often as stated, and then has it. */
    function swarm(plan: {
      readonly connected: readonly string[];
      readonly lacking?: Readonly<Record<string, 'not-found' | 'not-yet'>>;
      readonly lateAfter?: number;
    }): PieceSource & { readonly asked: string[] } {
      const asked: string[] = [];
      const source = holders({
        a: 'honest',
        b: 'honest',
        late: 'honest',
        far: 'silent',
        firewalled: 'silent',
      });
      let refusals = plan.lateAfter ?? 0;
      return {
        ...source,
        asked,
        isConnected: (holder) => plan.connected.includes(holder),
        async *frames(holder, request, longest, signal) {
          asked.push(holder);
          const code = plan.lacking?.[holder];
          if (code !== undefined) throw new TransportError(code, `${holder}: ${code}`);
          if (holder === 'late' && refusals-- > 0) throw new TransportError('not-yet', 'late is getting it');
          yield* source.frames(holder, request, longest, signal);
        },
      };
    }

    it('dials nobody while a connected one has it', async () => {
      const source = swarm({ connected: ['a', 'b'] });
      assertBody(await download(source, ['far', 'a', 'firewalled', 'b']));
      assert.deepEqual([...new Set(source.asked)].sort(), ['a', 'b'], 'asked');
    });

    it('gets it from one that is getting it, though the author cannot be dialled', async () => {
      const source = swarm({ connected: ['late'], lateAfter: 3 });
      assertBody(await download(source, ['far', 'late']));
      assert.ok(source.asked.filter((holder) => holder === 'late').length > 3, 'asked again');
    });

    it('lives on the word of one that is getting it when there is nobody else', async () => {
      const source = swarm({ connected: ['late'], lateAfter: 4 });
      assertBody(await download(source, ['late']));
      assert.deepEqual([...new Set(source.asked)], ['late'], 'asked');
    });

    it('ends where everybody lacks it, with no dial left to hope for', async () => {
      const lacking = { a: 'not-found', b: 'not-found' } as const;
      const source = swarm({ connected: ['a', 'b'], lacking });
      await assert.rejects(download(source, ['a', 'b']), { code: 'not-found' });
      assert.deepEqual(source.asked, ['a', 'b'], 'each once');
    });

    it('dials when those that are connected lack it, two at a time', async () => {
      const source = swarm({ connected: ['b'], lacking: { b: 'not-found' } });
      const abort = new AbortController();
      const from = ['firewalled', 'far', 'a', 'b'];
      const running = new BodyDownload(DIGEST, BODY.length, from, source, { signal: abort.signal }).run();
      const failed = assert.rejects(running);
      await eventually('both dials', () => source.asked.includes('far'));
      await eventually('again', () => source.asked.filter((holder) => holder === 'b').length > 3);
      abort.abort();
      await failed;
      assert.deepEqual(source.asked.slice(0, 2), ['b', 'firewalled'], 'connected first');
      assert.ok(!source.asked.includes('a'), 'the third waits for a dial to end');
    });
  });

  it('fails where nobody has it, and where only liars are left', async () => {
    await assert.rejects(download(holders({}), ['a', 'b']), { code: 'not-found' }, 'nobody');
    await assert.rejects(download(holders({}), []), { code: 'not-found' }, 'no holder at all');
    await assert.rejects(download(holders({ a: 'false-piece' }), ['a']), { code: 'bad-digest' }, 'a liar');
    await assert.rejects(
      download(holders({ a: 'stops-early', b: 'false-list' }), ['b']),
      { code: 'bad-digest' },
      'list',
    );
  });

  it('blames no honest holder for a false announcement of the length', async () => {
    for (const byteLength of [BODY.length - 1, BODY.length + 1, 5, BODY.length + 10 * PIECE_BYTES]) {
      const source = holders({ a: 'honest', b: 'honest' });
      await assert.rejects(
        download(source, ['a', 'b'], byteLength),
        TransportError,
        `announced ${byteLength}`,
      );
      assert.deepEqual(source.accused, [], `announced ${byteLength}`);
    }
  });

  it('asks again whoever has no room for a question just now, and goes on where it stopped', async () => {
    const inner = holders({ a: 'honest', x: 'absent' });
    let questions = 0;
    const source: PieceSource = {
      ...inner,
      async *frames(holder, request, maxFrameBytes, signal) {
        if (holder === 'a') questions += 1;
        if (holder === 'a' && questions % 2 === 1) throw new TransportError('busy', `${holder} has no room`);
        yield* inner.frames(holder, request, maxFrameBytes, signal);
      },
    };
    assertBody(await download(source, ['a', 'x']));
    assert.equal(inner.sent.get('a'), pieceCount(BODY.length), 'each piece once');
    assert.ok(questions > 2, `${questions} questions`);
  });

  it('goes on with the others where a holder leaves while it serves, and tells who gave what', async () => {
    const inner = holders({ a: 'honest', b: 'honest' });
    let left = false;
    const source: PieceSource = {
      ...inner,
      async *frames(holder, request, maxFrameBytes, signal) {
        if (holder === 'a' && left) throw new TransportError('unreachable', 'a is gone');
        for await (const frame of inner.frames(holder, request, maxFrameBytes, signal)) {
          yield frame;
          if (holder === 'a' && (inner.sent.get('a') ?? 0) >= 5) {
            left = true;
            throw new TransportError('closed', 'a is gone');
          }
        }
      },
    };
    const from: string[] = [];
    const onPiece = (holder: string): void => void from.push(holder);
    assertBody(await new BodyDownload(DIGEST, BODY.length, ['a', 'b'], source, { ...NEVER, onPiece }).run());
    assert.equal(from.length, pieceCount(BODY.length), 'each piece once');
    assert.deepEqual([...new Set(from)].sort(), ['a', 'b'], 'from both');
  });

  it('ends at once when it is aborted', async () => {
    const abort = new AbortController();
    const running = new BodyDownload(DIGEST, BODY.length, ['s'], holders({ s: 'silent' }), {
      signal: abort.signal,
    }).run();
    abort.abort();
    await assert.rejects(running, 'aborted');
  });
});

describe('body protocol on the wire', () => {
  it('decodes what it encodes', () => {
    const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(uint32, uint32, (first, count) => {
        const request: BodyRequest = { kind: 'pieces', digest: DIGEST, first, count };
        assert.deepEqual(decodeBodyRequest(encodeBodyRequest(request)), count > 0 ? request : undefined);
      }),
    );
    const asked = { kind: 'list', digest: DIGEST, count: 7 } as const;
    assert.deepEqual(decodeBodyRequest(encodeBodyRequest(asked)), asked);
    const list = pieceList(BODY);
    const decoded = decodeList(encodeList(BODY.length, list));
    assert.equal(decoded?.byteLength, BODY.length, 'the length');
    assert.equal(Buffer.compare(decoded?.list ?? list.subarray(1), list), 0, 'the list');
  });

  it('reaches the end of the longest body', () => {
    const last = pieceCount(MAX_BODY_BYTES) - 1;
    const request: BodyRequest = { kind: 'pieces', digest: DIGEST, first: last, count: 1 };
    assert.deepEqual(decodeBodyRequest(encodeBodyRequest(request)), request);
    const list = new Uint8Array(PIECE_DIGEST_BYTES * (last + 1)).fill(7);
    const frame = encodeList(MAX_BODY_BYTES, list);
    assert.equal(frame.length, listAnswerBytes(MAX_BODY_BYTES));
    const found = decodeList(frame);
    assert.equal(found?.byteLength, MAX_BODY_BYTES);
    assert.equal(found?.list.length, list.length);
    const body = sharedBytes(MAX_BODY_BYTES); // of which two pages are ever touched
    body.set(Uint8Array.of(1, 2, 3), last * PIECE_BYTES);
    const piece = pieceOf(body, last);
    assert.deepEqual(
      [piece.length, ...piece.subarray(0, 4)],
      [pieceLength(MAX_BODY_BYTES, last), 1, 2, 3, 0],
    );
    assert.deepEqual([...body.subarray(0, 3)], [0, 0, 0], 'and no place before 4 GiB');
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const request = decodeBodyRequest(bytes);
        assert.ok(request === undefined || /^[0-9a-f]{64}$/.test(request.digest), 'a request or nothing');
        const list = decodeList(bytes);
        assert.ok(
          list === undefined || list.list.length === 32 * pieceCount(list.byteLength),
          'a list or nothing',
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
