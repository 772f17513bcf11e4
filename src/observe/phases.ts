/** Names that stand in events: the phases of a round at a peer, and what payload is counted as. */
export const PHASES = ['train', 'collect', 'aggregate', 'agree', 'adopt'] as const;
export type Phase = (typeof PHASES)[number];

/** What the columns of `bytes` count: gossip by channel, then direct streams. */
export const PAYLOAD_KINDS = [
  'contributions',
  'consensus',
  'announcements',
  'message',
  'request',
  'answer',
  'body',
] as const;
