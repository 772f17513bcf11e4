/** A key-value store and a witness in memory, for simulations and tests. Values are copied in and out. */
import type { KeyValue, Operation, Witness } from './key-value.ts';

export class MemoryKeyValue implements KeyValue {
  private readonly values: Map<string, Uint8Array>;

  /** With a map that outlives this object, a restart finds what was written. */
  constructor(values = new Map<string, Uint8Array>()) {
    this.values = values;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.values.get(key)?.slice());
  }

  write(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === 'put') this.values.set(operation.key, operation.value.slice());
      else this.values.delete(operation.key);
    }
    return Promise.resolve();
  }

  keys(from: string, to: string): Promise<string[]> {
    return Promise.resolve([...this.values.keys()].filter((key) => key >= from && key < to).sort());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class MemoryWitness implements Witness {
  private readonly cell: { sequence?: number };

  constructor(cell: { sequence?: number } = {}) {
    this.cell = cell;
  }

  read(): Promise<number | undefined> {
    return Promise.resolve(this.cell.sequence);
  }

  write(sequence: number): Promise<void> {
    this.cell.sequence = sequence;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
