import assert from 'node:assert/strict';
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { maxMessageBytes } from '../../src/messages/limits.ts';
import { MAX_REQUEST_BYTES, MessageCodec } from '../../src/messages/message-codec.ts';
import { RecordCodec } from '../../src/messages/record-codec.ts';
import { LIMITS, message, ownMemory } from './arbitraries.ts';

const codec = new MessageCodec(LIMITS);
const ANCHOR = 'ab'.repeat(32);

const VOTE = {
  kind: 'vote',
  phase: 'precommit',
  round: 3,
  attempt: 0,
  view: 2,
  anchor: ANCHOR,
  voter: 'p',
  value: null,
  signature: Uint8Array.of(9),
} as const;

describe('message codec', () => {
  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(message, (sent) => {
        assert.deepEqual(codec.decode(codec.encode(sent)), sent, 'decode undoes encode');
      }),
      { numRuns: 300 },
    );
  });

  it('has one encoding per message, known byte for byte', () => {
    // [variant 2, [phase 1, round 3, attempt 0, view 2, anchor, "p", null, h'09']]
    const expected = `82028801030002${'5820'}${ANCHOR}6170f64109`;
    assert.equal(Buffer.from(codec.encode(VOTE)).toString('hex'), expected, 'the encoding by hand');
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const found = codec.decode(bytes);
        if (found !== undefined) assert.deepEqual(codec.encode(found), bytes, 'what decodes is canonical');
      }),
      { numRuns: 3000 },
    );
  });

  it('survives any change of one byte of a message, and takes only canonical ones', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.nat(255), (sent, at, byte) => {
        const bytes = codec.encode(sent).slice();
        bytes[at % bytes.length] = byte;
        const found = codec.decode(bytes);
        if (found !== undefined) assert.deepEqual(codec.encode(found), bytes, 'what decodes is canonical');
      }),
      { numRuns: 1500 },
    );
  });

  it('survives any CBOR value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        assert.equal(codec.decode(dagCbor.encode(value)), undefined, 'no JSON value is a message');
      }),
    );
  });

  it('refuses an encoding that is not the shortest', () => {
    const bytes = codec.encode(VOTE);
    // round 3 written as the two bytes 18 03
    const at = 4;
    assert.equal(bytes[at], 3, 'the round stands there');
    const longer = Uint8Array.from([...bytes.slice(0, at), 0x18, 0x03, ...bytes.slice(at + 1)]);
    assert.equal(codec.decode(longer), undefined, 'a longer encoding of the same vote');
    assert.equal(codec.decode(Uint8Array.from([...bytes, 0])), undefined, 'trailing bytes');
  });

  it('holds lengths against the experiment, not the claim', () => {
    const body = new Uint8Array(LIMITS.inlineBytes + 1);
    const contribution = {
      kind: 'contribution',
      round: 0,
      anchor: ANCHOR,
      worker: 'w',
      digest: ANCHOR,
      byteLength: 1,
      signature: Uint8Array.of(1),
    } as const;
    assert.notEqual(codec.decode(codec.encode(contribution)), undefined, 'within the limits');
    assert.equal(
      codec.decode(codec.encode({ ...contribution, body })),
      undefined,
      'a body above inlineBytes',
    );
    const long = { ...contribution, byteLength: LIMITS.maxContributionBytes + 1 };
    assert.equal(codec.decode(codec.encode(long)), undefined, 'a claimed length above the limit');
    const id = { ...contribution, worker: 'x'.repeat(65) };
    assert.equal(codec.decode(codec.encode(id)), undefined, 'a peer id above its limit');
    assert.equal(
      codec.decode(codec.encode({ ...VOTE, signature: new Uint8Array(65) })),
      undefined,
      'a signature above its limit',
    );
    assert.equal(codec.decode(new Uint8Array(maxMessageBytes(LIMITS) + 1)), undefined, 'a message too large');
  });

  it('looks at the structure before it decodes anything', () => {
    const shapes = {
      'a list of the wrong kind': [2, Array.from({ length: 50_000 }, () => 0)],
      'a record that is too long': [2, Array.from({ length: 9 }, () => 0)],
      'a map': { a: 1 },
      'a variant that does not exist': [99, []],
    };
    for (const [what, shape] of Object.entries(shapes)) {
      assert.equal(codec.decode(dagCbor.encode(shape)), undefined, what);
    }
    const claims = [
      Uint8Array.of(0x82, 2, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0), // an array of 2^32 entries
      Uint8Array.of(0x82, 2, 0x88, 1, 3, 0, 2, 0x5a, 0x7f, 0xff, 0xff, 0xff), // a digest of 2 GiB
      Uint8Array.of(0x9f, 2, 0xff), // of indefinite length
    ];
    for (const claim of claims)
      assert.equal(codec.decode(claim), undefined, Buffer.from(claim).toString('hex'));
  });

  it('bounds a decision by the roster that it stands on', () => {
    const wide = new MessageCodec({ ...LIMITS, maxPeers: 10_000 });
    assert.ok(wide.maxDecisionsBytes(4) < 1 << 20, 'an answer to a peer with four seats');
    const signature = new Uint8Array(64);
    const contributions = Array.from({ length: 100 }, (_, i) => ({
      worker: `worker-${i}`,
      digest: ANCHOR,
      byteLength: 1,
      signature,
    }));
    const at = { round: 1, attempt: 0, view: 0, anchor: ANCHOR };
    const certificate = {
      phase: 'precommit',
      ...at,
      value: ANCHOR,
      signers: new Uint8Array(1),
      signatures: [],
    } as const;
    const value = {
      ...at,
      author: 'a',
      contributions,
      changes: [],
      beaconProof: new Uint8Array(80),
      signature,
    };
    const outcome = { updateDigest: ANCHOR, updateByteLength: 0, applicationDigest: ANCHOR };
    const record = wide.encodeDecision({ kind: 'decision', value, outcome, certificate });
    assert.ok(wide.decodeDecision(record, 100) !== undefined, 'of a hundred seats');
    assert.equal(wide.decodeDecision(record, 4), undefined, 'four seats do not send a hundred contributions');
  });

  it('refuses nesting that would exhaust the stack', () => {
    const bytes = new Uint8Array(1500).fill(0x81);
    assert.equal(codec.decode(bytes), undefined, 'arrays in arrays');
  });

  it('gives back requests and answers, and survives other bytes', () => {
    const requests = [
      { kind: 'decisions', fromRound: 7 },
      { kind: 'body', digest: ANCHOR },
    ] as const;
    for (const request of requests) {
      const bytes = codec.encodeRequest(request);
      assert.ok(bytes.length <= MAX_REQUEST_BYTES, 'a request fits its limit');
      assert.deepEqual(codec.decodeRequest(bytes), request, request.kind);
    }
    const answers = [
      { kind: 'none' },
      { kind: 'body', body: Uint8Array.of(1, 2) },
      { kind: 'decisions', decisions: [Uint8Array.of(1)], head: 3 },
    ] as const;
    for (const answer of answers) {
      assert.deepEqual(codec.decodeAnswer(codec.encodeAnswer(answer)), answer, answer.kind);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        codec.decodeRequest(bytes);
        codec.decodeAnswer(bytes);
      }),
    );
  });
});

describe('record codec', () => {
  const records = new RecordCodec(LIMITS);

  it('gives back what a peer stored of a round', () => {
    fc.assert(
      fc.property(ownMemory, (memory) => {
        assert.deepEqual(records.decodeMemory(records.encodeMemory(memory)), memory, 'decode undoes encode');
      }),
      { numRuns: 100 },
    );
  });

  it('gives back chains with their rosters', () => {
    const chain = {
      round: 5,
      anchor: ANCHOR,
      applicationDigest: ANCHOR,
      roster: {
        seats: [{ peer: 'a', missedCohorts: 2 }],
        drawable: ['a', 'c'],
        pending: [{ peer: 'c', drawable: false, due: 9 }],
        excluded: ['b'],
      },
      seed: new Uint8Array(32).fill(1),
      previousSeed: new Uint8Array(32).fill(2),
    };
    const bytes = records.encodeChain(chain);
    assert.deepEqual(records.decodeChain(bytes), chain, 'decode undoes encode');
    assert.equal(records.decodeChain(bytes.subarray(1)), undefined, 'a torn record');
  });
});
