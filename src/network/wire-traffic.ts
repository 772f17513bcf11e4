/**
 * Counts the bytes of every connection where libp2p hands them to a socket, through its metrics interface, and reads no
 * more of a connection than its peer may cost: what is not read waits at the sender, by TCP's own flow control.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metrics, MultiaddrConnection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { PeerBudget } from './peer-budget.ts';

/** A debt is looked at again after so long, since others pay into it too. */
const LONGEST_WAIT_MS = 1_000;

export class WireTraffic {
  sentBytes = 0;
  receivedBytes = 0;
  private readonly budget: PeerBudget;

  constructor(budget: PeerBudget) {
    this.budget = budget;
  }

  /** libp2p's metrics component; of all that it offers only the counting of connections does anything. */
  readonly metrics = (): Metrics => {
    const metric = {
      update: nothing,
      increment: nothing,
      decrement: nothing,
      reset: nothing,
      observe: nothing,
      timer: () => nothing,
    };
    return {
      trackMultiaddrConnection: (connection: MultiaddrConnection) => this.track(connection),
      trackProtocolStream: nothing,
      registerMetric: () => metric,
      registerMetricGroup: () => metric,
      registerCounter: () => metric,
      registerCounterGroup: () => metric,
      registerHistogram: () => metric,
      registerHistogramGroup: () => metric,
      registerSummary: () => metric,
      registerSummaryGroup: () => metric,
      traceFunction: <F>(_name: string, traced: F) => traced,
      createTrace: nothing,
    };
  };

  private track(connection: MultiaddrConnection): void {
    const { source, sink, remoteAddr } = connection;
    connection.source = this.paced(source, remoteAddr);
    connection.sink = (outgoing) => sink(count(outgoing, (bytes) => (this.sentBytes += bytes)));
  }

  private async *paced<T extends { readonly byteLength: number }>(
    source: AsyncIterable<T> | Iterable<T>,
    from: Multiaddr,
  ): AsyncGenerator<T> {
    for await (const chunk of source) {
      this.receivedBytes += chunk.byteLength;
      const waitMs = this.budget.received(from, chunk.byteLength);
      if (waitMs > 0) await sleep(Math.min(waitMs, LONGEST_WAIT_MS), undefined, { ref: false });
      yield chunk;
    }
  }
}

async function* count<T extends { readonly byteLength: number }>(
  source: AsyncIterable<T> | Iterable<T>,
  add: (bytes: number) => void,
): AsyncGenerator<T> {
  for await (const chunk of source) {
    add(chunk.byteLength);
    yield chunk;
  }
}

function nothing(): void {}
