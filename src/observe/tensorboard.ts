/**
 * Scalars of a run as a TensorBoard event file: records of TFRecord framing (length, masked CRC-32C, data, masked
 * CRC-32C) that each hold an `Event` protocol buffer with one scalar `Summary` (tensorflow/core/util/event.proto,
 * core/framework/summary.proto).
 */
import type { RunView } from './run-view.ts';
import { meanBytes } from './traffic.ts';

interface Scalar {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
}

export function tensorboardFile(view: RunView): Uint8Array {
  const scalars = scalarsOf(view);
  const begun = scalars[0]?.wallTime ?? 0;
  const version = concat([double(1, begun), bytesField(3, new TextEncoder().encode('brain.Event:2'))]);
  return concat([record(version), ...scalars.map((scalar) => record(eventOf(scalar)))]);
}

function scalarsOf(view: RunView): Scalar[] {
  const found: Scalar[] = [];
  const timeOf = (round: number): number => (view.rounds[round]?.decidedAt ?? view.lastAt) / 1000;
  for (const seen of view.rounds) {
    if (seen?.decision === undefined) continue;
    const { round } = seen;
    const [loss, bytes] = [view.loss(round), meanBytes(view, round)];
    const wallTime = timeOf(round);
    if (loss !== null) found.push({ tag: 'loss/training', step: round, value: loss, wallTime });
    if (bytes !== undefined)
      found.push({ tag: 'bytes/received', step: round, value: bytes.received, wallTime });
    if (seen.decidedAt !== undefined) {
      const value = (seen.decidedAt - seen.startedAt) / 1000;
      found.push({ tag: 'round/seconds', step: round, value, wallTime });
    }
    const trimmed = seen.contributions?.trimmed.length ?? 0;
    found.push({ tag: 'contributions/trimmed', step: round, value: trimmed, wallTime });
  }
  for (const { round, accuracy, loss } of view.evaluations) {
    const wallTime = timeOf(round);
    if (accuracy !== null) found.push({ tag: 'accuracy/test', step: round, value: accuracy, wallTime });
    if (loss !== null) found.push({ tag: 'loss/test', step: round, value: loss, wallTime });
  }
  return found;
}

function eventOf({ tag, step, value, wallTime }: Scalar): Uint8Array {
  const scalar = concat([bytesField(1, new TextEncoder().encode(tag)), float(2, value)]);
  return concat([double(1, wallTime), varintField(2, step), bytesField(5, bytesField(1, scalar))]);
}

function record(data: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
  return concat([length, checksum(length), data, checksum(data)]);
}

const [VARINT, FIXED_64, BYTES, FIXED_32] = [0, 1, 2, 5];

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

function key(field: number, wire: number): Uint8Array {
  return varint(field * 8 + wire);
}

function varintField(field: number, value: number): Uint8Array {
  return concat([key(field, VARINT), varint(value)]);
}

function bytesField(field: number, value: Uint8Array): Uint8Array {
  return concat([key(field, BYTES), varint(value.length), value]);
}

function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return concat([key(field, FIXED_64), bytes]);
}

function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat([key(field, FIXED_32), bytes]);
}

/** CRC-32C, Castagnoli's polynomial in reflected form. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** TFRecord masks its checksums, since they may stand in data that is summed again. */
function checksum(bytes: Uint8Array): Uint8Array {
  const crc = crc32c(bytes);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, masked, true);
  return out;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
