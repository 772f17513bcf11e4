/** Feeds the metrics table from one running peer: its observer, its effects, its payload and its tables. */
import type { HeldTable } from '../../src/foundation/held-table.ts';
import { MAX_NAMED_CUT_OFF } from '../../src/network/limits.ts';
import type { Transport } from '../../src/network/transport.ts';
import type { Effect } from '../../src/protocol/effect.ts';
import type { Machine } from '../../src/protocol/machine.ts';
import type { Observer } from '../../src/driver/environment.ts';
import { HELD_TABLES } from '../../src/driver/held-tables.ts';
import { roundBodyBytes } from '../../src/driver/limits.ts';
import type { PayloadKind } from '../../src/driver/transport-network.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import type { RunningPeer } from '../../src/run/start-peer.ts';
import { PhaseClock } from '../../src/run/recording/phase-clock.ts';

export class PeerMetrics {
  readonly metrics: Metrics;
  private readonly transport: Transport;
  private readonly phases: PhaseClock;
  private machine: Machine | undefined;
  private sizes: () => Readonly<Record<string, number>> = () => ({});
  private decidedAtMs: number | undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.metrics = new Metrics(() => this.sample());
    this.phases = new PhaseClock((phase, seconds) =>
      this.metrics.observe('phaseSeconds', { phase }, seconds),
    );
  }

  /** The peer runs: from now on its tables are read. */
  attach({ machine, sizes }: Pick<RunningPeer, 'machine' | 'sizes'>): void {
    const { config } = machine;
    const scale = { ...config, roundBodyBytes: roundBodyBytes(config, config.maxPeers) };
    this.machine = machine;
    this.sizes = sizes;
    for (const [what, { bound }] of Object.entries<HeldTable>(HELD_TABLES)) {
      this.metrics.set('heldBound', { what }, bound(scale));
    }
  }

  /** An observer that counts and passes on. */
  observing(inner: Observer): Observer {
    const { metrics } = this;
    return {
      ...inner,
      decided: (report) => {
        const now = performance.now();
        if (this.decidedAtMs !== undefined) {
          metrics.observe('roundSeconds', {}, (now - this.decidedAtMs) / 1000);
        }
        this.decidedAtMs = now;
        metrics.count('decided', { role: report.served ? 'member' : 'follower' });
        metrics.count('views', {}, report.view + 1);
        if (report.skipped !== undefined) metrics.count('skipped', { reason: report.skipped });
        metrics.set('contributions', {}, report.contributors.length);
        metrics.set('roster', {}, report.rosterSize);
        inner.decided(report);
      },
      reported: (report) => {
        metrics.count('events', { event: report.event });
        inner.reported(report);
      },
      refused: (code, from) => {
        metrics.count('refused', { code });
        inner.refused(code, from);
      },
    };
  }

  readonly onEffect = (effect: Effect): void => this.phases.saw(effect, performance.now());

  readonly onPayload = (kind: PayloadKind, direction: 'sent' | 'received', byteLength: number): void =>
    this.metrics.count('payloadBytes', { kind, direction }, byteLength);

  private sample(): void {
    const { metrics, transport, machine } = this;
    const { sentBytes, receivedBytes } = transport.traffic();
    metrics.setCount('wireBytes', { direction: 'sent' }, sentBytes);
    metrics.setCount('wireBytes', { direction: 'received' }, receivedBytes);
    metrics.set('connected', {}, transport.connected().length);
    for (const { resource, standing, spent, refused } of transport.budget()) {
      metrics.setCount('spent', { resource, standing }, spent);
      metrics.setCount('overBudget', { resource, standing }, refused);
    }
    const now = Date.now();
    metrics.clear('cutOff');
    for (const { who, reason, untilMs } of transport.cutOff().slice(-MAX_NAMED_CUT_OFF)) {
      metrics.set('cutOff', { who, reason }, (untilMs - now) / 1000);
    }
    const sizes = { ...transport.sizes(), ...this.sizes() };
    for (const [what, size] of Object.entries(sizes)) metrics.set('held', { what }, size);
    if (machine === undefined) return;
    metrics.set('head', {}, machine.position.round);
  }
}
