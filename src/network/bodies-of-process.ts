/**
 * Bodies between hosts of one process that trust each other, which is a simulation: what a connected one serves is taken
 * as it lies in memory, and its bytes cross no connection. They are counted as if they did. Nothing is checked, since the
 * holder received or made the body under this name in the same memory.
 */
import type { PeerId } from '../crypto/peer-id.ts';
import type { BodyStore } from './transport.ts';
import type { WireTraffic } from './wire-traffic.ts';

interface Holder {
  readonly store: BodyStore;
  readonly traffic: WireTraffic;
}

export class BodiesOfProcess {
  private readonly holders = new Map<PeerId, Holder>();

  serve(self: PeerId, store: BodyStore, traffic: WireTraffic): void {
    this.holders.set(self, { store, traffic });
  }

  /** A host that has stopped serves nothing. */
  leave(self: PeerId): void {
    this.holders.delete(self);
  }

  /** The body and the first of the peers that has it at hand; undefined where none does. */
  take(
    digest: string,
    byteLength: number,
    from: readonly PeerId[],
    traffic: WireTraffic,
  ): { readonly body: Uint8Array; readonly from: PeerId } | undefined {
    for (const peer of from) {
      const holder = this.holders.get(peer);
      const body = holder?.store.get(digest);
      if (holder === undefined || body?.length !== byteLength) continue;
      holder.traffic.sentBytes += byteLength;
      traffic.receivedBytes += byteLength;
      return { body, from: peer };
    }
    return undefined;
  }
}
