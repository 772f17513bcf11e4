/**
 * A run's events as an async iterator. An iterator keeps what happens from the moment it is made until it is read, so a
 * slow reader loses nothing; where there is none, nothing is kept.
 */
import type { RunEvent } from '../../observe/event-table.ts';

export class EventStream implements AsyncIterable<RunEvent> {
  private readonly queues = new Set<EventQueue>();
  private isOver = false;
  private error: Error | undefined;

  push(event: RunEvent): void {
    for (const queue of this.queues) queue.push(event);
  }

  /** Readers get what is left and then end, with the error where the run failed. */
  end(error?: Error): void {
    this.isOver = true;
    this.error = error;
    for (const queue of this.queues) queue.end(error);
    this.queues.clear();
  }

  [Symbol.asyncIterator](): AsyncIterator<RunEvent> {
    const queue = new EventQueue(() => this.queues.delete(queue));
    if (this.isOver) queue.end(this.error);
    else this.queues.add(queue);
    return queue;
  }
}

interface Reader {
  resolve(result: IteratorResult<RunEvent>): void;
  reject(error: Error): void;
}

class EventQueue implements AsyncIterator<RunEvent> {
  private readonly waiting: RunEvent[] = [];
  private readonly readers: Reader[] = [];
  private readonly onReturn: () => void;
  private isOver = false;
  private error: Error | undefined;

  constructor(onReturn: () => void) {
    this.onReturn = onReturn;
  }

  push(event: RunEvent): void {
    const reader = this.readers.shift();
    if (reader === undefined) this.waiting.push(event);
    else reader.resolve({ done: false, value: event });
  }

  end(error?: Error): void {
    this.isOver = true;
    this.error = error;
    for (const reader of this.readers.splice(0)) this.finish(reader);
  }

  next(): Promise<IteratorResult<RunEvent>> {
    return new Promise((resolve, reject) => {
      const event = this.waiting.shift();
      if (event !== undefined) resolve({ done: false, value: event });
      else if (this.isOver) this.finish({ resolve, reject });
      else this.readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<RunEvent>> {
    this.onReturn();
    this.waiting.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The error is told once; after it the iterator has ended. */
  private finish(reader: Reader): void {
    const { error } = this;
    this.error = undefined;
    if (error === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(error);
  }
}
