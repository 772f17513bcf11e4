/**
 * Gossipsub 14.1.2's options (specification v1.1, libp2p/specs/pubsub/gossipsub) with every hardening that its defaults
 * leave out; docs/network.md tells the trap behind each. StrictNoSign: the payload carries author and signature, and an
 * outer signature would add a second author that a forger may choose (GHSA-c3gv-825q-fvmp).
 */
import type { GossipsubOpts } from '@chainsafe/libp2p-gossipsub';
import {
  MAX_OUTBOUND_BUFFER_BYTES,
  MAX_RPC_CONTROL_ENTRIES,
  MAX_RPC_FRAME_BYTES,
  MAX_RPC_MESSAGES,
  MAX_RPC_PEER_INFOS,
  MAX_RPC_SUBSCRIPTIONS,
  MAX_TOLD_IDS,
  SEEN_TTL_MS,
} from './limits.ts';
import { messageId } from './gossip-wire.ts';
import type { ResolvedOptions } from './transport-options.ts';
import type { PeerId } from '../crypto/peer-id.ts';

/** Heartbeats that a message stays in the cache; a verdict must come before, with one heartbeat to spare. */
const CACHE_HEARTBEATS = 6;
const GOSSIPED_HEARTBEATS = 3;
/** Whole seconds. A committee that changes every round leaves a topic and joins it again soon after. */
const UNSUBSCRIBE_BACKOFF_MS = 1_000;

export function verdictDeadlineMs(heartbeatMs: number): number {
  return (CACHE_HEARTBEATS - 1) * heartbeatMs;
}

const GOSSIP_THRESHOLD = -20;
const PUBLISH_THRESHOLD = -40;
const GRAYLIST_THRESHOLD = -80;

/** P4: one invalid message costs 20, two 80, three 180; half is forgiven in about a minute. */
const INVALID_MESSAGE_WEIGHT = -20;
const INVALID_MESSAGE_DECAY = 0.99;
const COLOCATION_WEIGHT = -5;
const COLOCATION_THRESHOLD = 16;

export function gossipsubOptions(
  options: ResolvedOptions,
  appScore: (peer: PeerId) => number,
): Partial<GossipsubOpts> {
  const { gossip, topics } = options;
  return {
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: (message) => messageId(message.topic, message.data),
    allowedTopics: new Set(topics),
    asyncValidation: true,
    // a frame that waits in the guard stops the stream that it came on
    awaitRpcHandler: true,
    emitSelf: false,
    // an id takes less than the smallest message
    idontwantMinDataSize: 0,
    idontwantMaxMessages: MAX_TOLD_IDS,
    fallbackToFloodsub: false,
    doPX: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    floodPublish: gossip.floodPublish,
    runOnLimitedConnection: options.relayClient,
    D: gossip.degree,
    Dlo: gossip.low,
    Dhi: gossip.high,
    Dlazy: gossip.lazy,
    Dscore: Math.min(4, gossip.degree),
    Dout: Math.min(2, gossip.low - 1, Math.floor(gossip.degree / 2)),
    heartbeatInterval: gossip.heartbeatMs,
    mcacheLength: CACHE_HEARTBEATS,
    mcacheGossip: GOSSIPED_HEARTBEATS,
    seenTTL: SEEN_TTL_MS,
    unsubcribeBackoff: UNSUBSCRIBE_BACKOFF_MS,
    maxInboundDataLength: MAX_RPC_FRAME_BYTES,
    maxOutboundBufferSize: MAX_OUTBOUND_BUFFER_BYTES,
    maxInboundStreams: 4,
    maxOutboundStreams: 4,
    decodeRpcLimits: {
      maxSubscriptions: MAX_RPC_SUBSCRIPTIONS,
      maxMessages: MAX_RPC_MESSAGES,
      maxIhaveMessageIDs: MAX_RPC_CONTROL_ENTRIES,
      maxIwantMessageIDs: MAX_RPC_CONTROL_ENTRIES,
      maxIdontwantMessageIDs: MAX_RPC_CONTROL_ENTRIES,
      maxControlMessages: MAX_RPC_CONTROL_ENTRIES,
      maxPeerInfos: MAX_RPC_PEER_INFOS,
    },
    scoreThresholds: {
      gossipThreshold: GOSSIP_THRESHOLD,
      publishThreshold: PUBLISH_THRESHOLD,
      graylistThreshold: GRAYLIST_THRESHOLD,
      acceptPXThreshold: 1_000,
      opportunisticGraftThreshold: 1,
    },
    scoreParams: {
      topicScoreCap: 20,
      appSpecificScore: appScore,
      appSpecificWeight: 1,
      IPColocationFactorWeight: options.localNetwork ? 0 : COLOCATION_WEIGHT,
      IPColocationFactorThreshold: COLOCATION_THRESHOLD,
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.9,
      decayInterval: 1_000,
      decayToZero: 0.01,
      retainScore: 600_000,
      topics: Object.fromEntries(topics.map((topic) => [topic, topicScore()])),
    },
  };
}

/** P1 and P2 reward a little, P4 punishes; P3 is off, since in a small network an honest peer may deliver nothing first. */
function topicScore(): NonNullable<NonNullable<GossipsubOpts['scoreParams']>['topics']>[string] {
  return {
    topicWeight: 1,
    timeInMeshWeight: 0.01,
    timeInMeshQuantum: 1_000,
    timeInMeshCap: 300,
    firstMessageDeliveriesWeight: 0.1,
    firstMessageDeliveriesDecay: 0.9,
    firstMessageDeliveriesCap: 50,
    meshMessageDeliveriesWeight: 0,
    meshMessageDeliveriesDecay: 0.5,
    meshMessageDeliveriesCap: 1,
    meshMessageDeliveriesThreshold: 1,
    meshMessageDeliveriesWindow: 10,
    meshMessageDeliveriesActivation: 1_000,
    meshFailurePenaltyWeight: 0,
    meshFailurePenaltyDecay: 0.5,
    invalidMessageDeliveriesWeight: INVALID_MESSAGE_WEIGHT,
    invalidMessageDeliveriesDecay: INVALID_MESSAGE_DECAY,
  };
}
