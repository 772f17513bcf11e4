/** Feeds the metrics table from one running peer: its observer, its effects, its payload and its tables. */
import type { Transport } from '../../src/network/transport.ts';
import type { Effect } from '../../src/protocol/effect.ts';
import type { Machine } from '../../src/protocol/machine.ts';
import type { Observer } from '../../src/runtime/environment.ts';
import type { PayloadKind } from '../../src/runtime/transport-network.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { PhaseClock } from './phase-clock.ts';

export class PeerMetrics {
  readonly metrics: Metrics;
  private readonly transport: Transport;
  private readonly phases: PhaseClock;
  private machine: Machine | undefined;
  private decidedAtMs: number | undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.metrics = new Metrics(() => this.sample());
    this.phases = new PhaseClock((phase, seconds) =>
      this.metrics.observe('phaseSeconds', { phase }, seconds),
    );
  }

  /** The peer runs: from now on its tables are read. */
  attach(machine: Machine): void {
    this.machine = machine;
  }

  /** An observer that counts and passes on. */
  observing(inner: Observer): Observer {
    const { metrics } = this;
    return {
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
    if (machine === undefined) return;
    metrics.set('head', {}, machine.position.round);
    for (const [what, size] of Object.entries(machine.sizes())) metrics.set('held', { what }, size);
  }
}
