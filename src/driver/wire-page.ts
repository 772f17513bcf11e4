/**
 * docs/wire.md, written from the codecs. It stands here because it tells of messages, streams and the store together.
 */
import { INLINE_BYTES } from '../protocol/limits.ts';
import { messageCodecs, MAX_REQUEST_BYTES } from '../messages/message-codec.ts';
import { CHANNEL_OF, type MessageKind } from '../messages/message.ts';
import { PROTOCOL_VERSION } from '../messages/protocol-version.ts';
import { storedCodecs } from '../messages/record-codec.ts';
import type { Bound, RecordShape, Shape, UnionShape } from '../messages/shape.ts';
import { BODY_PROTOCOL } from '../network/body-wire.ts';
import { NONCE_BYTES } from '../network/gossip-wire.ts';
import { PEERS_PROTOCOL } from '../network/peer-exchange.ts';
import { PUSH_PROTOCOL } from '../network/push-streams.ts';
import { TWIN_PROTOCOL } from '../network/twin-wire.ts';
import { decisionKey, checkpointKey, memoryKey } from '../storage/keys.ts';
import { MESSAGE_PROTOCOL, REQUEST_PROTOCOL, topicsOf } from './transport-network.ts';

/** Only the words of the bounds are shown, where they depend on the experiment. */
const ANY_LIMITS = { maxPeers: 8, maxContributionBytes: 1, maxUpdateBytes: 1, inlineBytes: INLINE_BYTES };

const INTRODUCTION = `# The wire

Generated from the codecs of \`src/messages\` by \`npm run docs:wire\`; a test compares the two. Protocol version ${PROTOCOL_VERSION}
([what it covers](decisions/versions.md)). The bytes of one sample of everything on this page are in
\`test/messages/golden-bytes.json\`, the samples themselves in \`test/messages/samples.ts\`.

All of it is DAG-CBOR (RFC 8949, its deterministic form). A record is the array of its fields, in the order of its table; an absent
field is null. A union is the array of the variant's number and its record. A word of a choice is its number, a digest 32 bytes.
Numbers are given once and not used again. What has another shape, a number that is not in use, a length above its bound or
another encoding of the same value is refused undecoded.

Bounds with a name are the experiment's: \`maxPeers\` is a [field of it](experiment.md), \`maxContributionBytes\` and
\`maxUpdateBytes\` follow from its model and compressors, \`inlineBytes\` is ${count(INLINE_BYTES)};
\`maxDecisionBytes\` follows from \`maxPeers\` (\`src/messages/limits.ts\`).
`;

export function wirePage(): string {
  const messages = messageCodecs(ANY_LIMITS);
  const stored = storedCodecs(ANY_LIMITS);
  const records = new Map<string, RecordShape | UnionShape>();
  const body = [
    streams(),
    section('Messages', numbers(messages.message.shape, true)),
    section(
      'Requests and answers',
      `On \`${REQUEST_PROTOCOL}\`. A request has at most ${MAX_REQUEST_BYTES} bytes.\n\n` +
        `${numbers(messages.request.shape)}\n\n${numbers(messages.answer.shape)}`,
    ),
    section('Stored records', storedRecords(stored)),
  ];
  for (const { shape } of Object.values(messages))
    for (const variant of shape.variants) collect(variant.shape, records);
  for (const { shape } of Object.values(stored)) collect(shape, records);
  const tables = [...records.values()].map((shape) =>
    shape.is === 'record' ? recordTable(shape) : `\n### ${shape.name}\n\n${numbers(shape)}\n`,
  );
  return `${INTRODUCTION}${body.join('')}\n## Records\n${tables.join('')}`;
}

function section(title: string, text: string): string {
  return `\n## ${title}\n\n${text}\n`;
}

function streams(): string {
  const rows = [
    [MESSAGE_PROTOCOL, 'one [message](#messages) to one peer'],
    [REQUEST_PROTOCOL, 'a [request](#requests-and-answers) and its answer'],
    [BODY_PROTOCOL, 'a body by its digest, in pieces: `src/network/body-wire.ts`'],
    [PUSH_PROTOCOL, 'small bodies sent before anyone asks: `src/network/push-streams.ts`'],
    [PEERS_PROTOCOL, 'addresses of other peers, as lines of text: `src/network/peer-exchange.ts`'],
    [TWIN_PROTOCOL, 'whether one key runs twice, as lines of text: `src/network/twin-wire.ts`'],
  ];
  const topics = topicsOf('EXPERIMENT').map((topic) => `\`${topic}\``);
  return section(
    'Topics and streams',
    `Gossip topics are ${topics.join(', ')}, with the experiment's id in the place of \`EXPERIMENT\`. A gossip message is a
nonce of ${NONCE_BYTES} bytes, then the [message](#messages): \`src/network/gossip-wire.ts\`. On streams every frame follows its length, an
unsigned varint.

| stream \`/synod/EXPERIMENT/...\` | what it carries |
|---|---|
${rows.map(([name, what]) => `| \`${name}\` | ${what} |`).join('\n')}`,
  );
}

function storedRecords({ memory, decision, chain }: ReturnType<typeof storedCodecs>): string {
  const rows = [
    [memoryKey(7, 'ANCHOR'), memory.shape],
    [decisionKey(7), decision.shape],
    [checkpointKey(7), chain.shape],
  ] as const;
  return `In the store of a peer ([storage](storage.md)), sealed with a checksum. The keys of round 7, where \`ANCHOR\` stands for the
digest of the state before it, in hexadecimal digits:

| key | record |
|---|---|
${rows.map(([key, shape]) => `| \`${key}\` | ${typeOf(shape)} |`).join('\n')}

The last is a checkpoint's: around its record stand lengths and the digests of the state's pieces (\`src/storage/stored-checkpoints.ts\`).`;
}

function numbers({ name, variants }: UnionShape, channels = false): string {
  const rows = [...variants]
    .sort((a, b) => a.number - b.number)
    .map(({ number, word, shape }) => {
      const channel = channels ? ` \`${CHANNEL_OF[word as MessageKind]}\` |` : '';
      return `| ${number} | \`${word}\` | ${typeOf(shape)} |${channel}`;
    });
  return `| number | ${name} | record |${channels ? ' topic |' : ''}\n|---|---|---|${channels ? '---|' : ''}\n${rows.join('\n')}`;
}

function recordTable({ name, fields }: RecordShape): string {
  const rows = fields.map(
    (field, place) => `| ${place} | \`${field.name}\` | ${typeOf(field.shape)} | ${boundOf(field.shape)} |`,
  );
  return fields.length === 0
    ? `\n### ${name}\n\nNo fields: the empty array.\n`
    : `\n### ${name}\n\n| place | field | type | bound |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function typeOf(shape: Shape): string {
  switch (shape.is) {
    case 'optional':
      return `${typeOf(shape.item)} or null`;
    case 'list':
      return `list of ${typeOf(shape.item)}`;
    case 'choice':
      return Object.entries(shape.numbers)
        .map(([word, number]) => `${number} \`${word}\``)
        .join(', ');
    case 'record':
    case 'union':
      return `[${shape.name}](#${shape.name.replaceAll(' ', '-')})`;
    case 'flag':
      return 'true or false';
    case 'constant':
      return `\`${shape.word}\``;
    default:
      return shape.is;
  }
}

/** Of the field itself, then of the items of a list. */
function boundOf(shape: Shape): string {
  switch (shape.is) {
    case 'integer':
      return `0 to ${words(shape.most)}`;
    case 'bytes':
      return `at most ${words(shape.most)} bytes`;
    case 'text':
      return `1 to ${words(shape.most)} characters`;
    case 'digest':
      return '32 bytes';
    case 'optional':
      return boundOf(shape.item);
    case 'list': {
      const items = boundOf(shape.item);
      return `at most ${words(shape.most)}${items === '' ? '' : ` of ${items}`}`;
    }
    default:
      return '';
  }
}

function words(bound: Bound): string {
  if (typeof bound === 'number') return bound === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : count(bound);
  return `\`${bound.said}\``;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Every named shape below this one, in the order in which a reader meets them. */
function collect(shape: Shape, into: Map<string, RecordShape | UnionShape>): void {
  if (shape.is === 'record' || shape.is === 'union') {
    if (into.has(shape.name)) return;
    into.set(shape.name, shape);
  }
  if (shape.is === 'record') for (const field of shape.fields) collect(field.shape, into);
  if (shape.is === 'union') for (const variant of shape.variants) collect(variant.shape, into);
  if (shape.is === 'optional' || shape.is === 'list') collect(shape.item, into);
}
