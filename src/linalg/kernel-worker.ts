/** A worker thread of a KernelTeam: waits for tasks on the shared control array and computes what it can claim. */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { SharedGarbage } from '../foundation/shared-garbage.ts';
import { instantiateColumnKernel, instantiateKernels } from './kernel-instances.ts';
import { CONTROL, readTask, runSegments, SHUT_DOWN } from './kernel-task.ts';
import type { KernelThread, PackedOperands } from './kernel-thread.ts';

export interface WorkerStart {
  readonly thread: number;
  readonly memory: WebAssembly.Memory;
  readonly kernels: WebAssembly.Module;
  readonly control: Int32Array;
  readonly port: MessagePort;
}

/** Sent before the first task that uses it: a generated kernel, or operands in shared memory. */
export type TeamMessage =
  | { readonly kind: 'column-kernel'; readonly number: number; readonly module: WebAssembly.Module }
  | { readonly kind: 'lend'; readonly number: number; readonly operands: PackedOperands }
  | { readonly kind: 'take-back'; readonly number: number };

function work({ thread, memory, kernels: module, control, port }: WorkerStart): void {
  const kernels = instantiateKernels(module, memory);
  const state: KernelThread = { thread, memory, kernels, columnKernels: new Map(), packed: new Map() };
  let seen = 0;
  for (;;) {
    Atomics.wait(control, CONTROL.NUMBER, seen);
    seen = Atomics.load(control, CONTROL.NUMBER);
    if (seen === SHUT_DOWN) return;
    Atomics.add(control, CONTROL.ACTIVE, 1);
    try {
      const isOpen = Atomics.load(control, CONTROL.OPEN) === seen;
      for (let received = receiveMessageOnPort(port); received; received = receiveMessageOnPort(port)) {
        take(received.message as TeamMessage, state);
      }
      if (isOpen) runSegments(control, readTask(control), state);
    } catch (error) {
      Atomics.store(control, CONTROL.FAILED, 1);
      throw error;
    } finally {
      Atomics.sub(control, CONTROL.ACTIVE, 1);
      Atomics.notify(control, CONTROL.ACTIVE);
    }
  }
}

const garbage = new SharedGarbage();

/** Of all that the operands refer to. */
function bytesOf({ rows, vector, outs }: PackedOperands): number {
  let bytes = 0;
  for (const row of [...rows, vector ?? {}]) {
    for (const part of Object.values(row)) if (ArrayBuffer.isView(part)) bytes += part.byteLength;
  }
  return outs.reduce((sum, { byteLength }) => sum + byteLength, bytes);
}

function take(message: TeamMessage, { memory, columnKernels, packed }: KernelThread): void {
  switch (message.kind) {
    case 'column-kernel':
      columnKernels.set(message.number, instantiateColumnKernel(message.module, memory));
      return;
    case 'lend':
      packed.set(message.number, message.operands);
      return;
    case 'take-back': {
      const operands = packed.get(message.number);
      packed.delete(message.number);
      if (operands !== undefined) garbage.saw(bytesOf(operands));
      return;
    }
  }
}

if (parentPort) {
  parentPort.postMessage('ready');
  work(workerData as WorkerStart);
}
