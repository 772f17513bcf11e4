/** Virtual time: nothing happens but what was scheduled, in one order, so equal seeds give equal traces. */
import { EventHeap } from './event-heap.ts';

export class VirtualWorld {
  private readonly heap = new EventHeap();
  private time = 0;
  private hash = 0x811c9dc5;
  private events = 0;

  /** Milliseconds since the start. */
  get now(): number {
    return this.time;
  }

  get eventCount(): number {
    return this.events;
  }

  schedule(delayMs: number, run: () => void): void {
    this.heap.push(this.time + Math.max(0, delayMs), run);
  }

  /** Runs events until the condition holds or the time is reached; false where neither came about. */
  runUntil(endMs: number, done: () => boolean = () => false): boolean {
    while (!done()) {
      const due = this.heap.pop();
      if (due === undefined || due.at > endMs) {
        if (due !== undefined) this.heap.push(due.at, due.run);
        this.time = Math.max(this.time, endMs);
        return done();
      }
      this.time = due.at;
      this.events += 1;
      due.run();
    }
    return true;
  }

  /** Mixes something that happened into the trace's digest. */
  trace(...facts: readonly (string | number)[]): void {
    for (const fact of facts) {
      const text = typeof fact === 'number' ? fact.toString(36) : fact;
      for (let i = 0; i < text.length; i++) {
        this.hash = Math.imul(this.hash ^ text.charCodeAt(i), 0x01000193);
      }
      this.hash = Math.imul(this.hash ^ 0xff, 0x01000193);
    }
  }

  get traceDigest(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }
}
