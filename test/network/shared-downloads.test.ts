import assert from 'node:assert/strict';
import { bodyDigest, PIECE_BYTES, pieceList, pieceOf } from '../../src/crypto/body-digest.ts';
import type { PieceSource } from '../../src/network/body-download.ts';
import { encodeList, type BodyRequest } from '../../src/network/body-wire.ts';
import { SharedDownloads } from '../../src/network/shared-downloads.ts';
import { TransportError } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';

const BODY = Uint8Array.from({ length: 20 * PIECE_BYTES + 5 }, (_, i) => (i * 31 + (i >> 10)) & 255);
const DIGEST = bodyDigest(BODY);

/** Holders of the body that send nothing before they are let; the others lack it. */
class Holders implements PieceSource {
  readonly lists: string[] = [];
  readonly asked: string[] = [];
  pieces = 0;
  given = 0;
  private readonly have: readonly string[];
  private open: () => void = () => undefined;
  private readonly gate = new Promise<void>((resolve) => (this.open = resolve));

  constructor(...have: readonly string[]) {
    this.have = have;
  }

  let(): void {
    this.open();
  }

  accuse(): void {
    assert.fail('nobody lies');
  }

  isConnected(): boolean {
    return true;
  }

  async *frames(
    holder: string,
    request: BodyRequest,
    _most: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    this.asked.push(holder);
    if (request.kind === 'list') this.lists.push(holder);
    const over = new Promise<never>((_, reject) => {
      const abort = (): void => {
        this.given += 1;
        reject(new TransportError('aborted', 'the download is over'));
      };
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    over.catch(() => undefined); // also where nothing waits for it any more
    await Promise.race([this.gate, over]);
    if (!this.have.includes(holder)) throw new TransportError('not-found', `${holder} does not have it`);
    if (request.kind === 'list') yield encodeList(BODY.length, pieceList(BODY));
    const first = request.kind === 'list' ? 0 : request.first;
    for (let index = first; index < first + request.count; index += 1) {
      this.pieces += 1;
      yield Uint8Array.from(pieceOf(BODY, index));
    }
  }
}

const never = (): { signal: AbortSignal } => ({ signal: new AbortController().signal });

function assertBody(bytes: Uint8Array): void {
  assert.equal(Buffer.compare(bytes, BODY), 0, 'the same bytes');
}

describe('downloads of one body', () => {
  it('are one, whoever asks, and each asker is told of the pieces', async () => {
    const holders = new Holders('a');
    const downloads = new SharedDownloads(holders);
    const told = [0, 0];
    const asked = told.map((_, i) =>
      downloads.fetch(DIGEST, BODY.length, ['a'], {
        ...never(),
        onPiece: () => (told[i] = (told[i] ?? 0) + 1),
      }),
    );
    await eventually('somebody is asked', () => holders.asked.length > 0);
    holders.let();
    const [first, second] = await Promise.all(asked);
    assert.ok(first !== undefined && first === second, 'the same memory');
    assertBody(first);
    assert.deepEqual(holders.lists, ['a'], 'asked once');
    assert.equal(holders.pieces, 21, 'each piece once');
    assert.deepEqual(told, [21, 21]);
  });

  it('go on for one asker when another gives up, whichever came first', async () => {
    for (const leaves of [0, 1]) {
      const holders = new Holders('a');
      const downloads = new SharedDownloads(holders);
      const askers = [new AbortController(), new AbortController()];
      const asked = askers.map(({ signal }) => downloads.fetch(DIGEST, BODY.length, ['a'], { signal }));
      await eventually('somebody is asked', () => holders.asked.length > 0);
      const left = assert.rejects(asked[leaves] ?? Promise.resolve(), { code: 'aborted' });
      askers[leaves]?.abort();
      await left;
      assert.equal(holders.given, 0, 'no stream was ended');
      holders.let();
      assertBody((await asked[1 - leaves]) ?? new Uint8Array(0));
      assert.equal(holders.lists.length, 1);
    }
  });

  it('end when the last asker has given up, and begin anew for the next', async () => {
    const holders = new Holders('a');
    const downloads = new SharedDownloads(holders);
    const askers = [new AbortController(), new AbortController()];
    const asked = askers.map(({ signal }) => downloads.fetch(DIGEST, BODY.length, ['a'], { signal }));
    const left = asked.map((one) => assert.rejects(one, { code: 'aborted' }));
    await eventually('somebody is asked', () => holders.asked.length > 0);
    for (const asker of askers) asker.abort();
    await Promise.all(left);
    assert.equal(holders.given, 1, 'its stream was ended');
    const again = downloads.fetch(DIGEST, BODY.length, ['a'], never());
    holders.let();
    assertBody(await again);
    assert.equal(holders.lists.length, 2);
  });

  it('use the holders that any asker knows', async () => {
    const holders = new Holders('b');
    const downloads = new SharedDownloads(holders);
    const first = downloads.fetch(DIGEST, BODY.length, ['a'], never());
    const second = downloads.fetch(DIGEST, BODY.length, ['b'], never());
    holders.let();
    for (const one of [first, second]) assertBody(await one);
  });

  it('fail for all askers where nobody has it, and are tried again by the next', async () => {
    const holders = new Holders();
    const downloads = new SharedDownloads(holders);
    holders.let();
    const asked = [1, 2].map(() => downloads.fetch(DIGEST, BODY.length, ['a'], never()));
    for (const one of asked) await assert.rejects(one, { code: 'not-found' });
    const before = holders.asked.length;
    await assert.rejects(downloads.fetch(DIGEST, BODY.length, ['a'], never()), { code: 'not-found' });
    assert.ok(holders.asked.length > before);
  });

  it('are two where the announced length differs, of which the false one fails alone', async () => {
    const holders = new Holders('a');
    const downloads = new SharedDownloads(holders);
    holders.let();
    const [honest, fooled] = [0, 1].map((more) =>
      downloads.fetch(DIGEST, BODY.length + more, ['a'], never()),
    );
    const failed = assert.rejects(fooled ?? Promise.resolve(), { code: 'bad-digest' });
    assertBody((await honest) ?? new Uint8Array(0));
    await failed;
    assert.equal(downloads.isUnderWay(DIGEST), false, 'nothing is left');
  });
});
