/** A binary heap of things to do at a virtual time; what is due at the same time runs in the order it was added. */

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class EventHeap {
  private readonly heap: Due[] = [];
  private added = 0;

  push(at: number, run: () => void): void {
    const { heap } = this;
    const due = { at, order: this.added++, run };
    let index = heap.length;
    heap.push(due);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(due, heap[parent] as Due)) break;
      heap[index] = heap[parent] as Due;
      index = parent;
    }
    heap[index] = due;
  }

  /** The earliest, taken out. */
  pop(): Due | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (!isBefore(heap[child] as Due, last)) break;
      heap[index] = heap[child] as Due;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  get size(): number {
    return this.heap.length;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
