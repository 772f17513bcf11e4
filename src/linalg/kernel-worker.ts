/** A worker thread of a KernelTeam: waits for tasks on the shared control array and computes what it can claim. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { instantiateColumnKernel, instantiateKernels } from './kernel-instances.ts';
import { CONTROL, readTask, runSegments, SHUT_DOWN, type ColumnKernel } from './kernel-task.ts';

export interface WorkerStart {
  readonly thread: number;
  readonly memory: WebAssembly.Memory;
  readonly kernels: WebAssembly.Module;
  readonly control: Int32Array;
  readonly port: MessagePort;
}

/** A generated kernel, sent before the first task that uses it. */
export interface ColumnKernelMessage {
  readonly number: number;
  readonly module: WebAssembly.Module;
}

function work({ thread, memory, kernels: module, control, port }: WorkerStart): void {
  const kernels = instantiateKernels(module, memory);
  const columnKernels = new Map<number, ColumnKernel>();
  let seen = 0;
  for (;;) {
    Atomics.wait(control, CONTROL.NUMBER, seen);
    seen = Atomics.load(control, CONTROL.NUMBER);
    if (seen === SHUT_DOWN) return;
    Atomics.add(control, CONTROL.ACTIVE, 1);
    try {
      if (Atomics.load(control, CONTROL.OPEN) === seen) {
        for (let received = receiveMessageOnPort(port); received; received = receiveMessageOnPort(port)) {
          const { number, module: generated } = received.message as ColumnKernelMessage;
          columnKernels.set(number, instantiateColumnKernel(generated, memory));
        }
        runSegments(control, readTask(control), thread, kernels, columnKernels);
      }
    } catch (error) {
      Atomics.store(control, CONTROL.FAILED, 1);
      throw error;
    } finally {
      Atomics.sub(control, CONTROL.ACTIVE, 1);
      Atomics.notify(control, CONTROL.ACTIVE);
    }
  }
}

if (parentPort) {
  parentPort.postMessage('ready');
  work(workerData as WorkerStart);
}
