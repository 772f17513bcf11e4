/**
 * The bytes of one sample of every message, request, answer and record, kept in golden-bytes.json. A change of them is a
 * change of the protocol: builds before and after it do not understand each other, so PROTOCOL_VERSION goes up with it
 * (docs/decisions/versions.md). `SYNOD_WRITE_GOLDEN=1` writes the file anew.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, toHex } from '../../src/foundation/bytes.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import { PROTOCOL_VERSION } from '../../src/messages/protocol-version.ts';
import { RecordCodec } from '../../src/messages/record-codec.ts';
import { LIMITS } from './arbitraries.ts';
import { ANSWERS, CHAIN, DECISION_RECORD, MEMORY, MESSAGES, REQUESTS } from './samples.ts';

const FILE = fileURLToPath(new URL('golden-bytes.json', import.meta.url));
const messages = new MessageCodec(LIMITS);
const records = new RecordCodec(LIMITS);

interface Golden {
  readonly protocol: number;
  readonly bytes: Readonly<Record<string, string>>;
}

interface Sample {
  readonly value: unknown;
  readonly bytes: Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  ...Object.fromEntries(
    Object.entries(MESSAGES).map(([name, value]) => [
      `message ${name}`,
      { value, bytes: messages.encode(value), decode: (bytes: Uint8Array) => messages.decode(bytes) },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(REQUESTS).map(([name, value]) => [
      `request ${name}`,
      {
        value,
        bytes: messages.encodeRequest(value),
        decode: (bytes: Uint8Array) => messages.decodeRequest(bytes),
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(ANSWERS).map(([name, value]) => [
      `answer ${name}`,
      {
        value,
        bytes: messages.encodeAnswer(value),
        decode: (bytes: Uint8Array) => messages.decodeAnswer(bytes),
      },
    ]),
  ),
  'record memory': {
    ...{ value: MEMORY, bytes: records.encodeMemory(MEMORY) },
    decode: (bytes) => records.decodeMemory(bytes),
  },
  'record decision': {
    ...{ value: DECISION_RECORD, bytes: records.encodeDecision(DECISION_RECORD) },
    decode: (bytes) => records.decodeDecision(bytes),
  },
  'record chain': {
    ...{ value: CHAIN, bytes: records.encodeChain(CHAIN) },
    decode: (bytes) => records.decodeChain(bytes),
  },
};

describe('golden bytes', () => {
  if (process.env['SYNOD_WRITE_GOLDEN'] === '1') {
    const bytes = Object.fromEntries(
      Object.entries(SAMPLES).map(([name, sample]) => [name, toHex(sample.bytes)]),
    );
    writeFileSync(FILE, `${JSON.stringify({ protocol: PROTOCOL_VERSION, bytes }, null, 2)}\n`);
  }
  const golden = JSON.parse(readFileSync(FILE, 'utf8')) as Golden;

  it('are those of this protocol version, one for each sample', () => {
    assert.equal(golden.protocol, PROTOCOL_VERSION);
    assert.deepEqual(Object.keys(golden.bytes), Object.keys(SAMPLES));
  });

  for (const [name, { value, bytes, decode }] of Object.entries(SAMPLES)) {
    it(`of ${name} are written and read as ever`, () => {
      const kept = golden.bytes[name] ?? '';
      assert.equal(toHex(bytes), kept);
      assert.deepEqual(decode(fromHex(kept) as Uint8Array), value);
    });
  }
});
