/**
 * The metrics of one peer, built from the table: prom-client keeps and prints them, and adds what it knows of the
 * process by itself (`process_*`: processor, memory, files; `nodejs_*`: event loop delay, heap, collections).
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type LabelsOf, type MetricDeclaration, type MetricId } from './metrics-table.ts';

type OfType<T extends MetricDeclaration['type']> = {
  [Id in MetricId]: (typeof METRICS)[Id]['type'] extends T ? Id : never;
}[MetricId];

export class Metrics {
  readonly contentType: string;
  private readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly sample: (metrics: Metrics) => void;

  /** `sample` is called before each reading, to set what is looked up rather than counted. */
  constructor(sample: (metrics: Metrics) => void = () => undefined) {
    this.sample = sample;
    this.contentType = this.registry.contentType;
    collectDefaultMetrics({ register: this.registry });
    for (const [id, declaration] of Object.entries<MetricDeclaration>(METRICS)) this.declare(id, declaration);
  }

  private declare(id: string, { name, type, labels, help, buckets = [] }: MetricDeclaration): void {
    const settings = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (type === 'counter') this.counters.set(id, new Counter(settings));
    else if (type === 'gauge') this.gauges.set(id, new Gauge(settings));
    else this.histograms.set(id, new Histogram({ ...settings, buckets: [...buckets] }));
  }

  count<Id extends OfType<'counter'>>(id: Id, labels: LabelsOf<Id>, by = 1): void {
    this.counters.get(id)?.inc(labels, by);
  }

  /** For a counter that somebody else keeps. */
  setCount<Id extends OfType<'counter'>>(id: Id, labels: LabelsOf<Id>, total: number): void {
    const counter = this.counters.get(id);
    counter?.remove(labels);
    counter?.inc(labels, total);
  }

  set<Id extends OfType<'gauge'>>(id: Id, labels: LabelsOf<Id>, value: number): void {
    this.gauges.get(id)?.set(labels, value);
  }

  /** Forgets all of a gauge's labels, before those that hold now are set. */
  clear(id: OfType<'gauge'>): void {
    this.gauges.get(id)?.reset();
  }

  observe<Id extends OfType<'histogram'>>(id: Id, labels: LabelsOf<Id>, value: number): void {
    this.histograms.get(id)?.observe(labels, value);
  }

  /** All of them in Prometheus' text format. */
  async print(): Promise<string> {
    this.sample(this);
    return this.registry.metrics();
  }
}
