import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { serveMetrics } from '../../src/telemetry/metrics-server.ts';
import { METRICS } from '../../src/telemetry/metrics-table.ts';

describe('metrics', () => {
  it('prints every declared metric with its type and help', async () => {
    const text = await new Metrics().print();
    for (const { name, type, help } of Object.values(METRICS)) {
      assert.ok(text.includes(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`), `${name} is declared`);
    }
    assert.match(text, /^process_resident_memory_bytes \d+$/m, 'of the process');
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m, 'event loop delay');
  });

  it('names what it counts: a unit where there is one, _total for counters', () => {
    for (const { name, type, unit } of Object.values(METRICS)) {
      assert.match(name, /^synod_[a-z_]+$/, name);
      assert.equal(name.endsWith('_total'), type === 'counter', `${name}: a counter ends in _total`);
      if (unit === 'seconds' || unit === 'bytes') assert.ok(name.includes(unit), `${name} names its unit`);
    }
  });

  it('counts, sets, and reads what is looked up', async () => {
    let sampled = 0;
    const metrics = new Metrics((self) => {
      sampled += 1;
      self.setCount('wireBytes', { direction: 'sent' }, 100 * sampled);
    });
    metrics.count('refused', { code: 'stale' });
    metrics.count('refused', { code: 'stale' }, 2);
    metrics.set('connected', {}, 4);
    metrics.observe('roundSeconds', {}, 0.2);
    await metrics.print();
    const text = await metrics.print();
    for (const line of [
      'synod_refused_messages_total{code="stale"} 3',
      'synod_connected_peers 4',
      'synod_wire_bytes_total{direction="sent"} 200',
      'synod_round_seconds_bucket{le="0.1"} 0',
      'synod_round_seconds_bucket{le="0.3"} 1',
      'synod_round_seconds_sum 0.2',
    ]) {
      assert.ok(text.includes(`${line}\n`), line);
    }
  });
});

describe('metrics server', () => {
  it('serves them on this machine, and ends', async () => {
    const server = await serveMetrics(new Metrics(), '0');
    try {
      assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/, 'loopback unless a host is named');
      const response = await fetch(server.url);
      assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/, 'type');
      assert.match(await response.text(), /^synod_connected_peers/m, 'text');
      assert.equal((await fetch(new URL('/', server.url))).status, 404, 'nothing else');
    } finally {
      await server.stop();
    }
    await assert.rejects(fetch(server.url), 'closed');
  });

  it('says what is wrong with a place', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const cases: readonly (readonly [string, RegExp])[] = [
      [String(port), /^--metrics must be a port that is free, got \d+: it is in use$/],
      ['http', /^--metrics must be PORT or HOST:PORT, got "http"$/],
      ['70000', /^--metrics must be PORT or HOST:PORT, got "70000"$/],
      ['203.0.113.1:0', /^--metrics must be a port that is free, got 203\.0\.113\.1:0: /],
    ];
    try {
      for (const [where, sentence] of cases) {
        await assert.rejects(
          serveMetrics(new Metrics(), where),
          (error) => error instanceof OperatorError && sentence.test(error.message),
          `${where}: ${sentence}`,
        );
      }
    } finally {
      taken.close();
    }
  });
});
