/** A bare libp2p host with none of our manners, for tests of what a stranger can do. */
import '../../src/foundation/polyfill.ts';
import { gossipsub } from '@chainsafe/libp2p-gossipsub';
import type { GossipSub } from '@chainsafe/libp2p-gossipsub';
import { RPC } from '@chainsafe/libp2p-gossipsub/message';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Connection, Libp2p, PrivateKey } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { eventually } from './eventually.ts';

export type RpcParts = Partial<RPC>;

export interface RawHost {
  readonly libp2p: Libp2p;
  readonly gossip: GossipSub;
  readonly self: string;
  dial(address: string): Promise<Connection>;
  /** Writes RPC frames on the gossip stream as they are. */
  rpc(connection: Connection, ...frames: (RpcParts | Uint8Array)[]): Promise<void>;
  stop(): Promise<void>;
}

export interface RawHostOptions {
  readonly key?: 'Ed25519' | 'RSA' | 'secp256k1';
  /** Answers to identify as a peer of this experiment would. */
  readonly experiment?: string;
  readonly listen?: boolean;
}

export async function rawHost({
  key = 'Ed25519',
  experiment = 'test',
  listen = false,
}: RawHostOptions = {}): Promise<RawHost> {
  const made = key === 'RSA' ? generateKeyPair('RSA', 2048) : generateKeyPair(key as 'Ed25519');
  let gossip: GossipSub | undefined;
  const libp2p = await createLibp2p({
    privateKey: (await made) as unknown as PrivateKey,
    addresses: { listen: listen ? ['/ip4/127.0.0.1/tcp/0'] : [] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionMonitor: { enabled: false },
    services: {
      identify: identify(),
      gossip: (components) =>
        (gossip = gossipsub({ globalSignaturePolicy: 'StrictNoSign', emitSelf: false })(
          components,
        ) as GossipSub),
    },
  });
  await libp2p.handle(`/synod/${experiment}/peers/1`, ({ stream }) => stream.abort(new Error('no manners')));
  if (gossip === undefined) throw new Error('no gossip service');
  const host = gossip;
  return {
    libp2p,
    gossip,
    self: libp2p.peerId.toString(),
    dial: (address) => libp2p.dial(multiaddr(address)),
    async rpc(connection, ...frames) {
      const peer = connection.remotePeer.toString();
      const stream = await eventually('the gossip stream is open', () => host.streamsOutbound.get(peer));
      for (const frame of frames) {
        stream.push(
          frame instanceof Uint8Array ? frame : RPC.encode({ subscriptions: [], messages: [], ...frame }),
        );
      }
    },
    stop: async () => libp2p.stop(),
  };
}
