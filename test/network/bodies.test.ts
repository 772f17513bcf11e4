import assert from 'node:assert/strict';
import { decode, encode } from 'it-length-prefixed';
import { pipe } from 'it-pipe';
import { bodyDigest, PIECE_BYTES, pieceList, pieceOf } from '../../src/crypto/body-digest.ts';
import { hashThread, LEAST_THREAD_BYTES } from '../../src/crypto/hash-thread.ts';
import { sharedBytes } from '../../src/foundation/shared-memory.ts';
import { decodeBodyRequest, encodeList } from '../../src/network/body-wire.ts';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm, text } from '../support/network.ts';
import { rawHost } from '../support/raw-host.ts';
import type { RawHost } from '../support/raw-host.ts';

const NEVER = new AbortController().signal;
const BODY = Uint8Array.from(
  { length: 12 * PIECE_BYTES + 5 },
  (_, i) => (i * 13 + (i >> 8) + (i >> 17)) & 255,
);
const DIGEST = bodyDigest(BODY);
const STORE = { get: (digest: string) => (digest === DIGEST ? BODY : undefined) };

/** Serves the true piece list and then, piece by piece, what `corrupt` makes of the truth. */
async function serveFalsely(host: RawHost, corrupt: (piece: Uint8Array) => Uint8Array): Promise<void> {
  await host.libp2p.handle('/synod/test/bodies/1', async ({ stream }) => {
    await pipe(
      stream,
      (source) => decode(source),
      async function* (requests) {
        for await (const frame of requests) {
          const request = decodeBodyRequest(frame.subarray());
          yield Uint8Array.of(0);
          if (request?.kind === 'list') yield encodeList(BODY.length, pieceList(BODY));
          const first = request?.kind === 'pieces' ? request.first : 0;
          for (let i = 0; i < (request?.count ?? 0); i++)
            yield corrupt(Uint8Array.from(pieceOf(BODY, first + i)));
          return;
        }
      },
      (source) => encode(source),
      stream,
    ).catch(() => undefined);
  });
}

describe('bodies and requests on loopback', () => {
  const peers = swarm({ times: { stallMs: 500, requestReadMs: 500, mutedMs: 5_000 } });
  let asker: Transport;
  let liar: RawHost | undefined;

  beforeEach(async () => {
    asker = await peers.start('asker');
  });
  afterEach(async () => {
    await liar?.stop();
    liar = undefined;
    await peers.stop();
  });

  async function holder(label: string): Promise<Transport> {
    const transport = await peers.start(label, { bootstrap: [firstAddress(asker)] });
    await transport.serveBodies(STORE);
    await eventually(`${label} is connected`, () => asker.connected().includes(transport.self));
    return transport;
  }

  async function startLiar(corrupt: (piece: Uint8Array) => Uint8Array): Promise<string> {
    liar = await rawHost();
    await serveFalsely(liar, corrupt);
    await liar.dial(firstAddress(asker));
    const { self } = liar;
    await eventually('the liar is connected', () => asker.connected().includes(self));
    return self;
  }

  it('pulls from several holders of which one lies, and penalises that one', async () => {
    const honest = await Promise.all(['x', 'y'].map(holder));
    const bad = await startLiar((piece) => piece.fill(0, 0, 1));
    const body = await asker.fetchBody(DIGEST, BODY.length, [bad, ...honest.map((peer) => peer.self)], {
      signal: NEVER,
    });
    assert.equal(Buffer.compare(body, BODY), 0, 'the true bytes');
    const blamed = peers.logs
      .filter((entry) => entry.message.includes('is penalised'))
      .map((entry) => entry.message);
    assert.deepEqual(blamed, [`${bad} is penalised: sent a false piece of a body`], 'the liar alone');
    await eventually(
      'and its score shows it',
      () => (asker.links().find((link) => link.peer === bad)?.score ?? 0) <= -10,
    );
  });

  it('fails with bad-digest where only a liar has it', async () => {
    const bad = await startLiar((piece) => piece.fill(7));
    await assert.rejects(asker.fetchBody(DIGEST, BODY.length, [bad], { signal: NEVER }), {
      code: 'bad-digest',
    });
  });

  it('bans who goes on lying', async () => {
    const bad = await startLiar((piece) => piece.fill(7));
    await eventually('five lies are enough', async () => {
      await asker.fetchBody(DIGEST, BODY.length, [bad], { signal: NEVER }).catch(() => undefined);
      return !asker.connected().includes(bad);
    });
    assert.ok(
      peers.logs.some((entry) => entry.message.startsWith(`${bad} is banned`)),
      'and it is logged',
    );
  });

  it('tells apart what can go wrong with a body', async () => {
    const x = await holder('x');
    const fetch = (digest: string, length: number, from: string[], signal = NEVER): Promise<unknown> =>
      asker.fetchBody(digest, length, from, { signal });
    await assert.rejects(fetch(bodyDigest(text('other')), 5, [x.self]), { code: 'not-found' }, 'not there');
    await assert.rejects(fetch(DIGEST, BODY.length - 1, [x.self]), { code: 'bad-digest' }, 'wrong length');
    await assert.rejects(fetch('abc', 5, [x.self]), { code: 'bad-digest' }, 'no digest');
    await assert.rejects(fetch(DIGEST, 2 ** 40, [x.self]), { code: 'too-large' }, 'above the limit');
    await assert.rejects(fetch(DIGEST, BODY.length, []), { code: 'not-found' }, 'nobody to ask');
    await assert.rejects(
      fetch(DIGEST, BODY.length, [x.self], AbortSignal.abort()),
      { code: 'aborted' },
      'aborted',
    );
    const empty = new Uint8Array(0);
    assert.deepEqual(await fetch(bodyDigest(empty), 0, [x.self]), empty, 'the empty body needs nobody');
    assert.ok(
      asker.links().every((link) => link.score >= 0),
      'nobody was blamed',
    );
  });

  it('hashes a large body once before it serves it, on the hash thread', async () => {
    const x = await holder('x');
    const shared = sharedBytes(BODY.length);
    shared.set(BODY);
    await hashThread.pieceList(sharedBytes(LEAST_THREAD_BYTES)); // it starts no faster than tsx, and streams stall here soon
    await x.serveBodies({ get: () => shared });
    const { jobs } = hashThread;
    for (let i = 0; i < 2; i++) await asker.fetchBody(DIGEST, BODY.length, [x.self], { signal: NEVER });
    assert.equal(hashThread.jobs, jobs + 1, 'one list for all that ask');
  });

  it('passes a body on that it has fetched without hashing it again', async () => {
    const x = await holder('x');
    const fetched = await asker.fetchBody(DIGEST, BODY.length, [x.self], { signal: NEVER });
    await asker.serveBodies({ get: () => fetched });
    const { jobs } = hashThread;
    assert.deepEqual(await x.fetchBody(DIGEST, BODY.length, [asker.self], { signal: NEVER }), fetched);
    assert.equal(hashThread.jobs, jobs, 'its list is known');
  });

  it('does not serve bytes that do not have the digest', async () => {
    const x = await holder('x');
    await x.serveBodies({ get: () => new Uint8Array(BODY.length) });
    await assert.rejects(asker.fetchBody(DIGEST, BODY.length, [x.self], { signal: NEVER }), {
      code: 'not-found',
    });
    assert.ok(
      peers.logs.some((entry) => entry.message.includes('holds other bytes')),
      'the holder is told',
    );
  });

  it('tells apart what can go wrong with a request', async () => {
    const x = await holder('x');
    await x.handle('echo/1', async (request) => request, { maxRequestBytes: 100 });
    await x.handle('fail/1', () => Promise.reject(new Error('planted')), { maxRequestBytes: 100 });
    await x.handle('hang/1', () => new Promise(() => undefined), { maxRequestBytes: 100 });
    const ask = (
      protocol: string,
      bytes: number,
      options: { max?: number; timeoutMs?: number; signal?: AbortSignal } = {},
    ) =>
      asker.request(x.self, protocol, new Uint8Array(bytes), {
        signal: options.signal ?? NEVER,
        maxResponseBytes: options.max ?? 100,
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      });
    assert.equal((await ask('echo/1', 100)).length, 100, 'the longest request passes');
    assert.equal((await ask('echo/1', 0)).length, 0, 'so does the empty one');
    await assert.rejects(ask('echo/1', 101), { code: 'closed' }, 'a request above the limit is cut off');
    await assert.rejects(
      ask('echo/1', 100, { max: 99 }),
      { code: 'too-large' },
      'a response above the limit',
    );
    await assert.rejects(ask('fail/1', 1), { code: 'refused' }, 'the handler failed');
    assert.ok(
      peers.logs.some((entry) => entry.message.includes('planted')),
      'with its reason in the log',
    );
    await assert.rejects(ask('none/1', 1), { code: 'protocol-unsupported' }, 'no such protocol');
    await assert.rejects(ask('hang/1', 1, { timeoutMs: 150 }), { code: 'timeout' }, 'no answer in time');
    await assert.rejects(
      ask('hang/1', 1, { signal: AbortSignal.abort() }),
      { code: 'aborted' },
      'aborted before',
    );
    const abort = new AbortController();
    const hanging = ask('hang/1', 1, { signal: abort.signal });
    abort.abort();
    await assert.rejects(hanging, { code: 'aborted' }, 'aborted while under way');
  });
}).timeout(60_000);
