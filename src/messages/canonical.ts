/** Canonical bytes of plain data, for digests over configuration: equal data gives equal bytes (DAG-CBOR). */
import * as dagCbor from '@ipld/dag-cbor';

/** Fields that are undefined count as absent. */
export function canonicalBytes(value: unknown): Uint8Array {
  return dagCbor.encode(JSON.parse(JSON.stringify(value)));
}
