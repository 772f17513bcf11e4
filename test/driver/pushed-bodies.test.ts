import assert from 'node:assert/strict';
import { bodyDigest } from '../../src/crypto/body-digest.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { Bodies } from '../../src/driver/bodies.ts';
import { BodyCache } from '../../src/driver/body-cache.ts';
import type { Environment } from '../../src/driver/environment.ts';
import { MAX_PUSHED_BODY_BYTES, MAX_PUSHED_PER_PEER } from '../../src/driver/limits.ts';
import { PushedBodies } from '../../src/driver/pushed-bodies.ts';
import { CONFIG } from '../support/certified-history.ts';

const WORKER = CONFIG.genesis.peers[1] as string;

function bodyOf(byte: number, length = 20_000): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

function opened(): PushedBodies {
  const bodies = new PushedBodies();
  bodies.open(true);
  return bodies;
}

describe('pushed bodies', () => {
  it('wait under their digest until they are taken, once', () => {
    const bodies = opened();
    assert.ok(bodies.put(WORKER, bodyOf(1)));
    assert.deepEqual(bodies.take(bodyDigest(bodyOf(1))), bodyOf(1));
    assert.deepEqual([bodies.take(bodyDigest(bodyOf(1))), bodies.bytes], [undefined, 0]);
  });

  it('are refused where they come twice, are empty or too large, or where this peer serves on no committee', () => {
    const bodies = opened();
    bodies.put(WORKER, bodyOf(1));
    assert.equal(bodies.put('another', bodyOf(1)), false, 'twice');
    assert.equal(bodies.put(WORKER, new Uint8Array(0)), false, 'empty');
    assert.equal(bodies.put(WORKER, bodyOf(2, MAX_PUSHED_BODY_BYTES + 1)), false, 'too large');
    bodies.open(false);
    assert.deepEqual([bodies.put(WORKER, bodyOf(3)), bodies.bytes], [false, 0]);
  });

  it('displace the older ones of their own sender only', () => {
    const bodies = opened();
    bodies.put('honest', bodyOf(100));
    for (let i = 0; i <= MAX_PUSHED_PER_PEER; i++) bodies.put('greedy', bodyOf(i));
    assert.equal(bodies.take(bodyDigest(bodyOf(0))), undefined, 'its first one went');
    assert.ok(bodies.take(bodyDigest(bodyOf(1))) && bodies.take(bodyDigest(bodyOf(100))));
  });
});

/** A peer that has the header of a body; `expire` is the end of its patience. */
function waiting(options: { readonly reachable?: boolean; readonly byteLength?: number } = {}) {
  let went = 0;
  let expire: (() => void) | undefined;
  const environment = {
    network: { reachable: () => (options.reachable === false ? [] : [WORKER]) },
    clock: {
      setTimer: (_delayMs: number, fire: () => void) => {
        expire = fire;
        return () => (expire = undefined);
      },
    },
  } as unknown as Environment;
  const bodies = new Bodies(
    environment,
    new MessageCodec(CONFIG),
    'self',
    new BodyCache(() => ({ bytes: 2 ** 20, bodies: 100 })),
  );
  bodies.pushed.open(true);
  const body = bodyOf(7, options.byteLength);
  const digest = bodyDigest(body);
  const begin = (): void =>
    bodies.whenPushed({ digest, byteLength: body.length, worker: WORKER }, () => (went += 1));
  return { bodies, body, digest, begin, went: () => went, expire: () => expire?.() };
}

describe('a body whose header is here', () => {
  it('is waited for and goes on at once when it is pushed', () => {
    const { bodies, body, digest, begin, went, expire } = waiting();
    begin();
    assert.equal(went(), 0);
    assert.ok(bodies.pushed.put(WORKER, body));
    assert.deepEqual([went(), bodies.cache.get(digest)?.length], [1, body.length]);
    expire();
    assert.equal(went(), 1, 'no second time');
  });

  it('goes on at once where it came before its header', () => {
    const { bodies, body, digest, begin, went } = waiting();
    bodies.pushed.put(WORKER, body);
    begin();
    assert.deepEqual([went(), bodies.cache.get(digest)?.length], [1, body.length]);
  });

  it('goes on without it when it does not come', () => {
    const { bodies, body, digest, begin, went, expire } = waiting();
    begin();
    expire();
    assert.deepEqual([went(), bodies.cache.get(digest)], [1, undefined], 'to be pulled');
    bodies.pushed.put(WORKER, body);
    assert.equal(went(), 1, 'a late one changes nothing');
  });

  it('is not waited for where its worker is out of reach, or pushes none of this size', () => {
    for (const options of [
      { reachable: false },
      { byteLength: MAX_PUSHED_BODY_BYTES + 1 },
      { byteLength: 8 },
    ]) {
      const { begin, went } = waiting(options);
      begin();
      assert.equal(went(), 1, JSON.stringify(options));
    }
  });
});
