import assert from 'node:assert/strict';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { BodiesOfProcess } from '../../src/network/bodies-of-process.ts';
import { explainDial, exchangeFailure } from '../../src/network/transport-failure.ts';
import { TransportError } from '../../src/network/transport.ts';
import { resolveOptions } from '../../src/network/transport-options.ts';
import type { Libp2pTransportOptions } from '../../src/network/transport-options.ts';

const GOOD: Libp2pTransportOptions = { privateKeySeed: new Uint8Array(32), experiment: 'e', topics: ['t'] };

describe('transport options', () => {
  it('have defaults', () => {
    const resolved = resolveOptions(GOOD);
    assert.deepEqual(resolved.listen, ['/ip4/0.0.0.0/tcp/0']);
    assert.equal(resolved.localNetwork, false, 'not local unless said');
    assert.equal(resolveOptions({ ...GOOD, transport: 'memory' }).localNetwork, true, 'memory is local');
    assert.ok(
      resolveOptions({ ...GOOD, transport: 'memory' }).times.mutedMs > resolved.times.mutedMs,
      'and patient',
    );
    assert.deepEqual(
      resolveOptions({ ...GOOD, oneProcess: true, listen: ['/ip4/127.0.0.1/tcp/0'] }).times,
      resolveOptions({ ...GOOD, transport: 'memory' }).times,
      'as hosts of one process are over sockets',
    );
  });

  const bad: [string, Partial<Libp2pTransportOptions>][] = [
    ['privateKeySeed', { privateKeySeed: new Uint8Array(31) }],
    ['experiment', { experiment: 'a/b' }],
    ['topics', { topics: [] }],
    ['topics', { topics: ['t', 't'] }],
    ['listen', { listen: ['localhost:4001'] }],
    ['announce', { announce: ['x'] }],
    ['bootstrap', { bootstrap: ['/ip4/300.1.1.1/tcp/1'] }],
    ['gossip', { gossip: { low: 9 } }],
    ['gossip.heartbeatMs', { gossip: { heartbeatMs: 0 } }],
    ['times.stallMs', { times: { stallMs: -1 } }],
    ['maxGossipBytes', { maxGossipBytes: 5_000_000 }],
    ['targetConnections', { targetConnections: 0 }],
    ['listen', { oneProcess: true }],
    ['listen', { oneProcess: true, listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/192.0.2.1/tcp/0'] }],
    ['transport', { bodiesOfProcess: new BodiesOfProcess() }],
  ];
  for (const [field, change] of bad)
    it(`name network.${field} where it is wrong`, () => {
      assert.throws(
        () => resolveOptions({ ...GOOD, ...change }),
        (error: unknown) =>
          error instanceof OperatorError && error.message.startsWith(`network.${field} must `),
      );
    });
});

describe('failures', () => {
  it('of a dial are explained in one sentence', () => {
    const cases: [string, RegExp][] = [
      ['connection error 127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1', /^connection refused/],
      ['getaddrinfo ENOTFOUND nowhere.example', /does not resolve$/],
      ['connect EHOSTUNREACH 10.0.0.1:1', /^no route to the host/],
      ['The operation was aborted', /^no answer in time/],
      ['Missing newline', /^what answers there does not speak libp2p/],
      ['read ECONNRESET', /^the other side closed/],
      ['Cannot push value onto an ended pushable', /^the other side closed/],
      ['Can not dial self', /this peer's own key/],
      ['something new\n  at a stack', /^something new$/],
    ];
    for (const [message, sentence] of cases) assert.match(explainDial(new Error(message)), sentence, message);
    const both = new AggregateError([
      new Error('x ECONNREFUSED'),
      new Error('y ECONNREFUSED'),
      new Error('ENOTFOUND'),
    ]);
    assert.equal(explainDial(both).split('; ').length, 2, 'each reason once');
  });

  it('of an exchange get a code', () => {
    const named = (name: string): Error => Object.assign(new Error('m'), { name });
    const code = (error: unknown, aborted = false, timedOut = false): string =>
      exchangeFailure(error, 'p', 'x/1', aborted, timedOut).code;
    assert.equal(code(named('UnsupportedProtocolError')), 'protocol-unsupported');
    assert.equal(code(named('InvalidDataLengthError')), 'too-large');
    assert.equal(code(named('StreamResetError')), 'closed');
    assert.equal(code(new TransportError('busy', 'm')), 'busy');
    const written = exchangeFailure(
      new Error('Cannot push value onto an ended pushable'),
      'p',
      'x/1',
      false,
      false,
    );
    assert.equal(written.code, 'closed');
    assert.equal(
      written.message,
      'x/1 with p failed: the stream or its connection was closed while something was written to it',
    );
    assert.equal(code(named('StreamResetError'), false, true), 'timeout', 'our deadline');
    assert.equal(code(named('StreamResetError'), true, true), 'aborted', 'the caller comes first');
  });
});
