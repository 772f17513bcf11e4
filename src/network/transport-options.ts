/** What a Transport can be told: defaults and validation side by side. */
import { invalidField } from '../foundation/operator-error.ts';
import { PROTOCOL_VERSION } from '../messages/protocol-version.ts';
import type { Seed } from '../foundation/seeded-random.ts';
import {
  DIAL_TIMEOUT_MS,
  MAX_BODY_BYTES,
  MAX_CONNECTIONS,
  MAX_GOSSIP_BYTES,
  MUTED_GRACE_MS,
  REQUEST_READ_TIMEOUT_MS,
  REQUEST_TIMEOUT_MS,
  STREAM_STALL_TIMEOUT_MS,
  TARGET_CONNECTIONS,
} from './limits.ts';
import type { BodiesOfProcess } from './bodies-of-process.ts';
import { parseOperatorAddress } from './operator-address.ts';
import type { Twin } from './twin-wire.ts';

export interface NetworkLogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Parameters of gossipsub 1.1 (the specification's names); the mesh has `low` to `high` peers a topic. */
export interface GossipParameters {
  readonly degree: number;
  readonly low: number;
  readonly high: number;
  readonly lazy: number;
  readonly heartbeatMs: number;
  /** Own messages go to all known subscribers, not to the mesh alone. */
  readonly floodPublish: boolean;
}

const DEFAULT_GOSSIP: GossipParameters = {
  degree: 8,
  low: 6,
  high: 12,
  lazy: 6,
  heartbeatMs: 700,
  floodPublish: true,
};

/** How long others may take, in milliseconds. */
export interface NetworkTimes {
  /** To become a connection, and for each step of it. */
  readonly dialMs: number;
  /** To answer a request, from the dial to the last byte, where the caller names no time. */
  readonly requestMs: number;
  /** To send a request after its stream was opened. */
  readonly requestReadMs: number;
  /** Between two signs of progress on a stream that carries data. */
  readonly stallMs: number;
  /** To take part in gossip again, before a connection is dropped and dialled anew. */
  readonly mutedMs: number;
}

/** Hosts of one process share a core: simulations of hundreds of them take their time to open streams. */
const SHARED_CORE_TIME_FACTOR = 10;

export interface Libp2pTransportOptions {
  /** 32 bytes: the peer's Ed25519 seed. Its key is the peer's one identity. */
  readonly privateKeySeed: Uint8Array;
  /** The experiment id; it stands in every protocol id (`/synod/<experiment>/...`), so two experiments never talk. */
  readonly experiment: string;
  /** The version of Synod's protocol that is named to others. Default: PROTOCOL_VERSION; a test plays another release. */
  readonly protocolVersion?: number;
  /** The exact topics that exist; messages and subscriptions for any other are dropped unseen. */
  readonly topics: readonly string[];

  /** `memory` is for simulations in one process: no sockets, no encryption. */
  readonly transport?: 'tcp' | 'memory';
  /** For simulations: the hosts of one process that share it take bodies from each other without a connection. */
  readonly bodiesOfProcess?: BodiesOfProcess;
  /**
   * All peers are hosts of this process, every address is configured and no key runs twice: nobody is asked what it speaks,
   * pinged, asked for peers or for a process with our key, or tried at its addresses, and everything may take ten times as
   * long. They listen in memory or on loopback.
   */
  readonly oneProcess?: boolean;
  /** Multiaddrs to listen on; port 0 takes a free one. Default: all IPv4 interfaces, free port. */
  readonly listen?: readonly string[];
  /** Multiaddrs under which others reach us, where they differ from the ones that we listen on. */
  readonly announce?: readonly string[];
  /** Addresses that the transport keeps connected for as long as it runs. */
  readonly bootstrap?: readonly string[];
  /** All peers on one machine or in one trusted LAN: no score for many peers on one IP, private addresses accepted. */
  readonly localNetwork?: boolean;
  readonly mdns?: boolean;
  readonly upnp?: boolean;
  /** Reach peers through relays and be reached through them; with hole punching where one side is public. */
  readonly relayClient?: boolean;
  /** Relay for others, with limits that fit bodies instead of the default 128 KiB and two minutes. */
  readonly relayServer?: boolean;

  readonly gossip?: Partial<GossipParameters>;
  readonly times?: Partial<NetworkTimes>;
  readonly maxGossipBytes?: number;
  readonly maxBodyBytes?: number;
  readonly maxConnections?: number;
  /** Peers learnt from others are dialled until so many are connected. */
  readonly targetConnections?: number;
  /** Seeds the jitter of the redial loop; default: the peer id. */
  readonly seed?: Seed;
  readonly log?: (entry: NetworkLogEntry) => void;
  /** Another process runs with this key. */
  readonly onTwin?: (twin: Twin) => void;
}

export interface ResolvedOptions extends Required<
  Omit<Libp2pTransportOptions, 'gossip' | 'times' | 'seed' | 'log' | 'onTwin' | 'bodiesOfProcess'>
> {
  readonly gossip: GossipParameters;
  readonly times: NetworkTimes;
  readonly seed: Seed | undefined;
  readonly bodiesOfProcess: BodiesOfProcess | undefined;
  readonly log: (entry: NetworkLogEntry) => void;
  readonly onTwin: (twin: Twin) => void;
}

const PRIVATE_KEY_SEED_BYTES = 32;
const LONGEST_EXPERIMENT_CHARS = 128;
/** Whoever connects to hosts of one process is taken for one of them. */
const WITHIN_A_MACHINE = /^\/(memory|ip4\/127\.[\d.]+|ip6\/::1)\//;

/** Fills in defaults; throws an OperatorError that names the field, the rule and the value. */
export function resolveOptions(options: Libp2pTransportOptions): ResolvedOptions {
  const transport = options.transport ?? 'tcp';
  const gossip = { ...DEFAULT_GOSSIP, ...options.gossip };
  const oneProcess = options.oneProcess ?? false;
  const slower = oneProcess || transport === 'memory' ? SHARED_CORE_TIME_FACTOR : 1;
  const resolved: ResolvedOptions = {
    privateKeySeed: options.privateKeySeed,
    experiment: options.experiment,
    protocolVersion: options.protocolVersion ?? PROTOCOL_VERSION,
    topics: options.topics,
    transport,
    oneProcess,
    listen: options.listen ?? (transport === 'tcp' ? ['/ip4/0.0.0.0/tcp/0'] : []),
    announce: options.announce ?? [],
    bootstrap: options.bootstrap ?? [],
    localNetwork: options.localNetwork ?? transport === 'memory',
    mdns: options.mdns ?? false,
    upnp: options.upnp ?? false,
    relayClient: options.relayClient ?? false,
    relayServer: options.relayServer ?? false,
    gossip,
    times: {
      dialMs: DIAL_TIMEOUT_MS * slower,
      requestMs: REQUEST_TIMEOUT_MS * slower,
      requestReadMs: REQUEST_READ_TIMEOUT_MS * slower,
      stallMs: STREAM_STALL_TIMEOUT_MS * slower,
      mutedMs: MUTED_GRACE_MS * slower,
      ...options.times,
    },
    maxGossipBytes: options.maxGossipBytes ?? MAX_GOSSIP_BYTES,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    targetConnections: options.targetConnections ?? TARGET_CONNECTIONS,
    seed: options.seed,
    bodiesOfProcess: options.bodiesOfProcess,
    log: options.log ?? (() => undefined),
    onTwin: options.onTwin ?? (() => undefined),
  };
  validate(resolved);
  return resolved;
}

function validate(options: ResolvedOptions): void {
  const seedBytes = options.privateKeySeed.length;
  if (seedBytes !== PRIVATE_KEY_SEED_BYTES)
    throw invalidField('network.privateKeySeed', 'have 32 bytes', seedBytes);
  if (!/^[\w.-]+$/.test(options.experiment) || options.experiment.length > LONGEST_EXPERIMENT_CHARS)
    throw invalidField('network.experiment', 'be 1 to 128 letters, digits, . _ or -', options.experiment);
  if (options.topics.length === 0 || new Set(options.topics).size !== options.topics.length)
    throw invalidField('network.topics', 'be a list of one or more distinct topics', options.topics);
  for (const field of ['listen', 'announce', 'bootstrap'] as const)
    for (const address of options[field]) parseOperatorAddress(address, `network.${field}`, field);
  const open = options.listen.find((address) => !WITHIN_A_MACHINE.test(address));
  if (options.oneProcess && open !== undefined)
    throw invalidField('network.listen', 'be loopback or memory where all peers are of one process', open);
  if (options.bodiesOfProcess !== undefined && options.transport !== 'memory')
    throw invalidField('network.transport', 'be memory where bodies are taken unchecked', options.transport);
  const { low, degree, high, lazy, heartbeatMs } = options.gossip;
  if (!(0 < low && low <= degree && degree <= high))
    throw invalidField('network.gossip', 'have 0 < low <= degree <= high', { low, degree, high });
  if (!(Number.isInteger(lazy) && lazy >= 0)) throw invalidField('network.gossip.lazy', 'be 0 or more', lazy);
  if (!(heartbeatMs >= 100)) throw invalidField('network.gossip.heartbeatMs', 'be at least 100', heartbeatMs);
  if (!(options.maxGossipBytes >= 1_024 && options.maxGossipBytes <= 786_432))
    throw invalidField('network.maxGossipBytes', 'be 1024 to 786432', options.maxGossipBytes);
  for (const [field, value] of Object.entries(options.times))
    if (!(value > 0)) throw invalidField(`network.times.${field}`, 'be above 0', value);
  for (const field of ['maxBodyBytes', 'maxConnections', 'targetConnections'] as const)
    if (!(Number.isSafeInteger(options[field]) && options[field] > 0))
      throw invalidField(`network.${field}`, 'be a positive integer', options[field]);
}
