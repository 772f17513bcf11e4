/** The certified decisions of a store as they travel between peers, from round 0 on. */
import { MessageCodec } from '../messages/message-codec.ts';
import type { MessageLimits } from '../messages/limits.ts';
import { RecordCodec } from '../messages/record-codec.ts';
import type { Store } from '../storage/store.ts';

/** Up to the first that is not there. */
export async function certificatesOf(
  store: Pick<Store, 'decision'>,
  limits: MessageLimits,
): Promise<Uint8Array[]> {
  const records = new RecordCodec(limits);
  const messages = new MessageCodec(limits);
  const found: Uint8Array[] = [];
  for (;;) {
    const bytes = await store.decision(found.length);
    const stored = bytes === undefined ? undefined : records.decodeDecision(bytes);
    if (stored === undefined) return found;
    found.push(messages.encodeDecision(stored.decision));
  }
}
