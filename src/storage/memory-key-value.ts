/** A key-value store and a witness in memory, for simulations and tests. Small values are copied in and out. */
import {
  joined,
  LARGE_VALUE_BYTES,
  parted,
  type KeyValue,
  type SealedOperation,
  type SealedValue,
  type Witness,
} from './key-value.ts';

/** Of the large values, which are kept by reference. */
const seals = new WeakMap<Uint8Array, Uint8Array>();

export class MemoryKeyValue implements KeyValue {
  private readonly values: Map<string, Uint8Array>;

  /** With a map that outlives this object, a restart finds what was written. */
  constructor(values = new Map<string, Uint8Array>()) {
    this.values = values;
  }

  get(key: string): Promise<SealedValue | undefined> {
    const bytes = this.values.get(key);
    if (bytes === undefined) return Promise.resolve(undefined);
    const seal = seals.get(bytes);
    return Promise.resolve(seal === undefined ? parted(bytes.slice()) : { seal, value: bytes });
  }

  write(operations: readonly SealedOperation[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === 'del') this.values.delete(operation.key);
      else this.put(operation.key, operation);
    }
    return Promise.resolve();
  }

  private put(key: string, sealed: SealedValue): void {
    const { seal, value } = sealed;
    if (value.length < LARGE_VALUE_BYTES) {
      this.values.set(key, joined(sealed));
      return;
    }
    const view = value.subarray(); // one seal for each value, though the same bytes may stand under several keys
    seals.set(view, seal);
    this.values.set(key, view);
  }

  keys(from: string, to: string): Promise<string[]> {
    return Promise.resolve([...this.values.keys()].filter((key) => key >= from && key < to).sort());
  }

  compact(): Promise<void> {
    return Promise.resolve();
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
