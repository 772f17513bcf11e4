/** A codec that encodes and decodes each message once, for simulations in which peers share memory. */
import type { Message } from '../src/messages/message.ts';
import { MessageCodec } from '../src/messages/message-codec.ts';

export class RememberingCodec extends MessageCodec {
  private readonly encoded = new WeakMap<Message, Uint8Array>();
  private readonly decoded = new WeakMap<Uint8Array, { readonly message: Message | undefined }>();

  override encode(message: Message): Uint8Array {
    let bytes = this.encoded.get(message);
    if (bytes === undefined) this.encoded.set(message, (bytes = super.encode(message)));
    return bytes;
  }

  override decode(bytes: Uint8Array): Message | undefined {
    let known = this.decoded.get(bytes);
    if (known === undefined) this.decoded.set(bytes, (known = { message: super.decode(bytes) }));
    return known.message;
  }
}
