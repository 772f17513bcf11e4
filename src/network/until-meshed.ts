/** Waits for hosts that are to be connected to each other, all to all: what is said before reaches only some of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from './transport.ts';

const LOOK_EVERY_MS = 20;

/** Resolves once gossip goes from each host to all others, or after the time; rejects with the signal's reason. */
export async function untilMeshed(
  hosts: readonly Pick<Transport, 'gossipsWith'>[],
  withinMs: number,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  const isMeshed = (): boolean => hosts.every((host) => host.gossipsWith().length >= hosts.length - 1);
  while (!isMeshed() && performance.now() < untilMs) {
    await sleep(LOOK_EVERY_MS);
    signal.throwIfAborted();
  }
}
