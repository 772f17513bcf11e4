/** The certified decisions of a store as they travel between peers, from round 0 on. */
import { StoredHistory, type Records } from '../driver/stored-history.ts';
import type { MessageLimits } from '../messages/limits.ts';
import { MessageCodec } from '../messages/message-codec.ts';

/** Up to the first that is not there. */
export async function certificatesOf(records: Records, limits: MessageLimits): Promise<Uint8Array[]> {
  const messages = new MessageCodec(limits);
  const found: Uint8Array[] = [];
  for await (const { decision } of new StoredHistory(records, limits).decisions())
    found.push(messages.encodeDecision(decision));
  return found;
}
