import assert from 'node:assert/strict';
import { bodyDigest, PIECE_BYTES, pieceList } from '../../src/crypto/body-digest.ts';
import { hashOf } from '../../src/crypto/hash.ts';
import { HashThread, LEAST_THREAD_BYTES } from '../../src/crypto/hash-thread.ts';
import { sharedBytes } from '../../src/foundation/shared-memory.ts';

function bodyOf(length: number, salt = 31): Uint8Array {
  const body = sharedBytes(length);
  for (let i = 0; i < length; i++) body[i] = (i * salt + (i >> 9)) & 255;
  return body;
}

describe('the hash thread', () => {
  it('gives what is computed here', async () => {
    const thread = new HashThread();
    for (const length of [LEAST_THREAD_BYTES, PIECE_BYTES, 3 * PIECE_BYTES + 5]) {
      const body = bodyOf(length);
      assert.deepEqual(await thread.pieceList(body), new Uint8Array(pieceList(body)), `${length}: list`);
      assert.equal(await thread.bodyDigest(body), bodyDigest(body), `${length}: digest`);
      assert.deepEqual(
        await thread.hashOf('tag', 'key', body),
        hashOf('tag', 'key', body),
        `${length}: hash`,
      );
    }
    assert.equal(thread.jobs, 6, 'a list, which the digest is made of, and a hash of each');
  });

  it('leaves here what is small, and what lies in memory that it does not share', async () => {
    const thread = new HashThread();
    const small = bodyOf(LEAST_THREAD_BYTES - 1);
    const own = new Uint8Array(4 * LEAST_THREAD_BYTES);
    for (const body of [small, own, new Uint8Array(0)]) {
      assert.equal(await thread.bodyDigest(body), bodyDigest(body));
      assert.deepEqual(await thread.hashOf('tag', body), hashOf('tag', body));
    }
    assert.deepEqual(await thread.hashOf('tag', own, 'key'), hashOf('tag', own, 'key'));
    assert.equal(thread.jobs, 0);
  });

  it('hashes a body once, whoever asks, and never one whose list is known', async () => {
    const thread = new HashThread();
    const body = bodyOf(2 * PIECE_BYTES);
    await Promise.all([thread.pieceList(body), thread.bodyDigest(body), thread.pieceList(body)]);
    assert.equal(thread.jobs, 1);
    const fetched = bodyOf(2 * PIECE_BYTES, 37);
    thread.knows(fetched, pieceList(fetched));
    assert.equal(await thread.bodyDigest(fetched), bodyDigest(fetched));
    assert.equal(thread.jobs, 1);
  });

  it('takes many at once, each with its own result', async () => {
    const thread = new HashThread();
    const bodies = Array.from({ length: 20 }, (_, i) => bodyOf(LEAST_THREAD_BYTES + i, 3 + i));
    const digests = await Promise.all(bodies.map((body) => thread.bodyDigest(body)));
    assert.deepEqual(digests, bodies.map(bodyDigest));
  });
});
