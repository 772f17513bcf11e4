/** The calling thread and its workers over one shared memory; runs one task at a time, synchronously. */
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads';
import { assert } from '../foundation/assert.ts';
import { startWorker } from '../foundation/start-worker.ts';
import { instantiateColumnKernel, instantiateKernels } from './kernel-instances.ts';
import {
  CLOSED,
  CONTROL,
  runSegments,
  segmentCount,
  SHUT_DOWN,
  writeTask,
  type KernelTask,
} from './kernel-task.ts';
import type { TeamMessage, WorkerStart } from './kernel-worker.ts';
import type { KernelExports, KernelThread, PackedOperands } from './kernel-thread.ts';

const LARGEST_TASK_NUMBER = 2 ** 30;

export class KernelTeam {
  readonly kernels: KernelExports;
  /** Resolves when every worker takes part; tasks before that run on fewer threads. */
  readonly ready: Promise<void>;
  private readonly memory: WebAssembly.Memory;
  private readonly control = new Int32Array(new SharedArrayBuffer(4 * CONTROL.LENGTH));
  private readonly owner: KernelThread;
  private readonly workers: Worker[] = [];
  private readonly ports: MessagePort[] = [];
  private number = 0;
  private packedCount = 0;

  constructor(threads: number, module: WebAssembly.Module, memory: WebAssembly.Memory) {
    this.memory = memory;
    this.kernels = instantiateKernels(module, memory);
    this.owner = {
      ...{ thread: 0, memory, kernels: this.kernels },
      ...{ columnKernels: new Map(), packed: new Map() },
    };
    const started: Promise<void>[] = [];
    for (let thread = 1; thread < threads; thread++) started.push(this.startWorker(thread, module));
    this.ready = Promise.all(started).then(() => {});
    this.ready.catch(() => {}); // whoever waits for it hears of it; the others compute on fewer threads
  }

  private startWorker(thread: number, kernels: WebAssembly.Module): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const start: WorkerStart = { thread, memory: this.memory, kernels, control: this.control, port: port2 };
    const worker = startWorker('./kernel-worker', import.meta.url, {
      workerData: start,
      transferList: [port2],
    });
    worker.unref();
    port1.unref();
    this.workers.push(worker);
    this.ports.push(port1);
    return new Promise((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
      worker.once('exit', () => resolve());
    });
  }

  /** No other thread takes part. */
  get isAlone(): boolean {
    return this.workers.length === 0;
  }

  /** Gives every thread a generated kernel; its number goes into tasks. */
  addColumnKernel(module: WebAssembly.Module): number {
    const { columnKernels } = this.owner;
    const number = columnKernels.size + 1;
    columnKernels.set(number, instantiateColumnKernel(module, this.memory));
    this.tell({ kind: 'column-kernel', number, module });
    return number;
  }

  /**
   * Packed operands under a number for a task. The other threads hear of them, unless the owner computes alone; what lies
   * in shared memory is not copied. Take them back by the number.
   */
  lendPacked(operands: PackedOperands, isAlone: boolean): number {
    this.packedCount = (this.packedCount % LARGEST_TASK_NUMBER) + 1;
    this.owner.packed.set(this.packedCount, operands);
    if (!isAlone) this.tell({ kind: 'lend', number: this.packedCount, operands });
    return this.packedCount;
  }

  /** Wakes the threads that heard of them, so that none holds on to the memory until its next task. */
  takeBackPacked(number: number, isAlone: boolean): void {
    this.owner.packed.delete(number);
    if (isAlone) return;
    this.tell({ kind: 'take-back', number });
    this.nextNumber();
    Atomics.store(this.control, CONTROL.NUMBER, this.number);
    Atomics.notify(this.control, CONTROL.NUMBER);
  }

  private tell(message: TeamMessage): void {
    for (const port of this.ports) port.postMessage(message);
  }

  run(task: KernelTask): void {
    const { control } = this;
    writeTask(control, task);
    Atomics.store(control, CONTROL.NEXT, 0);
    if (segmentCount(task.d) > 1 && this.workers.length > 0) this.open();
    try {
      runSegments(control, task, this.owner);
    } finally {
      this.finish();
    }
    assert(Atomics.load(control, CONTROL.FAILED) === 0, 'a kernel worker failed');
  }

  private nextNumber(): void {
    this.number = (this.number % LARGEST_TASK_NUMBER) + 1;
  }

  private open(): void {
    this.nextNumber();
    Atomics.store(this.control, CONTROL.OPEN, this.number);
    Atomics.store(this.control, CONTROL.NUMBER, this.number);
    Atomics.notify(this.control, CONTROL.NUMBER);
  }

  private finish(): void {
    Atomics.store(this.control, CONTROL.OPEN, CLOSED);
    for (;;) {
      const active = Atomics.load(this.control, CONTROL.ACTIVE);
      if (active === 0) return;
      Atomics.wait(this.control, CONTROL.ACTIVE, active);
    }
  }

  close(): void {
    Atomics.store(this.control, CONTROL.NUMBER, SHUT_DOWN);
    Atomics.notify(this.control, CONTROL.NUMBER);
    for (const port of this.ports) port.close();
  }
}
