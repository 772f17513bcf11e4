/** Counts the bytes of every connection where libp2p hands them to a socket, through its metrics interface. */
import type { Metrics, MultiaddrConnection } from '@libp2p/interface';

export class WireTraffic {
  sentBytes = 0;
  receivedBytes = 0;

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
    const { source, sink } = connection;
    connection.source = count(source, (bytes) => (this.receivedBytes += bytes));
    connection.sink = (outgoing) => sink(count(outgoing, (bytes) => (this.sentBytes += bytes)));
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
