import assert from 'node:assert/strict';
import type { Compressor, Memory } from '../../src/compression/compressor.ts';
import { parseCompressor, parseFeedback } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import { Ef21Receiver, encodeWithFeedback } from '../../src/compression/error-feedback.ts';
import { refuseForbidden, type Combination } from '../../src/compression/forbidden.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

const top1 = createCompressor(parseCompressor({ kind: 'top-k', keep: 1 }, 'c'), 3);

function context(round: number, memory: Memory) {
  return { round, seed: new Uint8Array(32), worker: 'w', memory };
}

function send(
  compressor: Compressor,
  feedback: unknown,
  vector: number[],
  round: number,
  memory: Memory,
): number[] {
  const spec = parseFeedback(feedback, 'feedback');
  const bytes = encodeWithFeedback(compressor, spec, Float32Array.from(vector), context(round, memory));
  const out = new Float32Array(compressor.d);
  assert.equal(compressor.decode(bytes, context(round, memory), out), undefined);
  return [...out];
}

describe('error feedback', () => {
  it('EF14 sends what it dropped before', () => {
    const memory: Memory = new Map();
    assert.deepEqual(send(top1, 'ef14', [3, 2, 0], 0, memory), [3, 0, 0], 'the largest');
    assert.deepEqual(
      send(top1, 'ef14', [1, 2, 0], 1, memory),
      [0, 4, 0],
      'twice the second: 2 kept back and 2 new',
    );
    assert.deepEqual(send(top1, 'ef14', [0, 0, 0], 2, memory), [1, 0, 0], 'the rest');
    assert.deepEqual(send(top1, 'ef14', [0, 0, 0], 3, memory), [0, 0, 0], 'nothing is left');
  });

  it('DeMo lets what it keeps decay', () => {
    const memory: Memory = new Map();
    send(top1, { kind: 'demo', decay: 0.5 }, [3, 2, 0], 0, memory);
    assert.deepEqual(send(top1, { kind: 'demo', decay: 0.5 }, [0, 0, 0], 1, memory), [0, 1, 0], 'half of 2');
  });

  it('EF14 begins with no errors again after what cannot be sent', () => {
    const memory: Memory = new Map();
    const int8 = createCompressor(parseCompressor('int8', 'c'), 3);
    send(int8, 'ef14', [3, 1e-3, 0], 0, memory);
    assert.throws(() => send(int8, 'ef14', [NaN, 0, 0], 1, memory), /does not decode what it encodes/);
    assert.equal(memory.size, 0);
    assert.deepEqual(send(top1, 'ef14', [0, 2, 0], 2, memory), [0, 2, 0]);
  });

  it('without feedback keeps no memory', () => {
    const memory: Memory = new Map();
    send(top1, 'none', [3, 2, 0], 0, memory);
    assert.equal(memory.size, 0);
  });

  it('EF21 lets both sides follow a constant vector to its end', () => {
    const memory: Memory = new Map();
    const receiver = new Ef21Receiver(top1);
    const seen: number[][] = [];
    for (let round = 0; round < 3; round++) {
      const bytes = encodeWithFeedback(
        top1,
        { kind: 'ef21' },
        Float32Array.of(3, -2, 1),
        context(round, memory),
      );
      const out = new Float32Array(3);
      assert.equal(receiver.decode(bytes, context(round, memory), out), undefined);
      seen.push([...out]);
    }
    assert.deepEqual(seen, [
      [3, 0, 0],
      [3, -2, 0],
      [3, -2, 1],
    ]);
    assert.deepEqual(
      receiver.decode(new Uint8Array(0), context(3, memory), new Float32Array(3)),
      'wrong-length',
    );
    const resumed = new Ef21Receiver(top1, receiver.snapshot());
    const out = new Float32Array(3);
    resumed.decode(top1.encode(Float32Array.of(0, 0, 1), context(4, memory)), context(4, memory), out);
    assert.deepEqual([...out], [3, -2, 2], 'a saved receiver goes on');
  });

  it('the sum of what was sent stays near the sum of what was wanted, for every contraction', () => {
    for (const spec of [
      'scaled-sign',
      { kind: 'dct-top-k', chunk: 8, keep: 2 },
      { kind: 'power-sgd', rank: 1 },
    ]) {
      const compressor = createCompressor(parseCompressor(spec, 'c'), 24);
      const memory: Memory = new Map();
      const wanted = Float32Array.from({ length: 24 }, (_, i) => Math.fround(Math.sin(i)));
      const sent = new Float64Array(24);
      const rounds = 400;
      for (let round = 0; round < rounds; round++) {
        send(compressor, 'ef14', [...wanted], round, memory).forEach(
          (value, i) => (sent[i]! += value / rounds),
        );
      }
      const off = Math.sqrt(sent.reduce((sum, value, i) => sum + (value - wanted[i]!) ** 2, 0));
      assert.ok(off < 0.12, `${compressor.name}: the mean is ${off} off`);
    }
  });
});

describe('forbidden combinations', () => {
  const combination = (spec: unknown, changes: Partial<Combination> = {}): Combination => ({
    compressor: createCompressor(parseCompressor(spec, 'c'), 100),
    feedback: { kind: 'none' },
    needsUnbiased: undefined,
    receiverKeepsState: false,
    ...changes,
  });
  const marina = { needsUnbiased: 'Byz-VR-MARINA-PP' };
  const ef14 = { feedback: { kind: 'ef14', decay: 1 } } as const;

  it('names the theorem that each would break', () => {
    const topK = { kind: 'top-k', keep: 5 };
    const cases: [Combination, RegExp][] = [
      [combination(topK, marina), /unbiased under Byz-VR-MARINA-PP/],
      [combination('natural', { ...marina, ...ef14 }), /none under Byz-VR-MARINA-PP/],
      [combination(topK), /Karimireddy et al\. 2019, Counterexamples/],
      [combination('scaled-sign'), /Counterexamples/],
      [combination({ kind: 'rand-k', keep: 5 }, ef14), /contraction under error feedback/],
      [combination(topK, { feedback: { kind: 'ef21' } }), /EF21 needs every worker's estimate/],
    ];
    for (const [wrong, message] of cases) {
      assert.throws(
        () => refuseForbidden(wrong),
        (e: Error) => e instanceof OperatorError && message.test(e.message),
      );
    }
  });

  it('lets sound ones pass', () => {
    refuseForbidden(combination({ kind: 'rand-k', keep: 5 }, marina));
    refuseForbidden(combination({ kind: 'top-k', keep: 5, values: 'int8' }, ef14));
    refuseForbidden(combination({ kind: 'rand-k', keep: 5, scaled: false }, ef14));
    refuseForbidden(combination({ kind: 'bfloat16', rounding: 'nearest' }));
    refuseForbidden(
      combination(
        { kind: 'top-k', keep: 5 },
        {
          feedback: { kind: 'ef21' },
          receiverKeepsState: true,
        },
      ),
    );
  });

  it('refuses misspelt and impossible settings by the path of the field', () => {
    const cases: [unknown, RegExp][] = [
      ['zip', /compressor must be one of/],
      [{ kind: 'top-k' }, /compressor\.keep must be/],
      [{ kind: 'top-k', keep: 1.5 }, /compressor\.keep must be/],
      [{ kind: 'top-k', keep: 0.1, kep: 3 }, /compressor\.kep must be left out/],
      [
        { kind: 'top-k', keep: 0.1, values: { kind: 'rand-k', keep: 2 } },
        /compressor\.values\.kind must be one of/,
      ],
      [{ kind: 'qsgd', levels: 0 }, /compressor\.levels must be an integer/],
      [7, /compressor must be a name or an object/],
    ];
    for (const [value, message] of cases) {
      assert.throws(() => parseCompressor(value, 'compressor'), message);
    }
    const large = parseCompressor({ kind: 'top-k', keep: 200 }, 'c');
    assert.throws(() => createCompressor(large, 100), /at most the 100 parameters/);
  });
});
