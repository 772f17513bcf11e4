/** Text as UTF-8 without a byte order mark, whatever encoding it was saved in: what tables and texts are read from. */
import { invalidField } from '../../foundation/operator-error.ts';
import { holdBytes, kindHint, openBytes, type ByteSource } from './byte-source.ts';

const MARK_BYTES = 4;
/** Enough to see that every other byte of a Latin text in UTF-16 without a mark is zero. */
const SNIFFED_BYTES = 64;

/**
 * As openBytes. `zeros`: whether zero bytes may be characters of the text, and only a mark tells UTF-16. Throws OperatorError where the file is no text, or in an encoding that cannot be told or converted.
 */
export async function openTextBytes(
  path: string,
  memoryBytes: number,
  zeros: 'allowed' | 'refused' = 'refused',
): Promise<ByteSource> {
  const source = await openBytes(path, memoryBytes);
  const head = Buffer.from(source.read(0, Math.min(SNIFFED_BYTES, source.length)));
  const encoding = encodingOf(head, zeros === 'allowed');
  if (encoding === 'utf-8') return head.subarray(0, 3).equals(UTF8_MARK) ? without(source, 3) : source;
  if (encoding === undefined) {
    const hint = kindHint(source) || ': it holds zero bytes';
    throw invalidField(path, 'be a text file', hint.slice(2));
  }
  if (source.streamed) {
    throw invalidField(path, `be UTF-8 text (iconv -f ${encoding} -t UTF-8 converts it)`, encoding);
  }
  const bytes = Buffer.from(source.read(0, source.length));
  const units = encoding === 'UTF-16BE' ? swapped(bytes) : bytes;
  const text = units.toString('utf16le').replace(/^\ufeff/, '');
  return holdBytes(path, Buffer.from(text, 'utf8'));
}

const UTF8_MARK = Buffer.of(0xef, 0xbb, 0xbf);

function encodingOf(head: Buffer, zerosAllowed: boolean): 'utf-8' | 'UTF-16LE' | 'UTF-16BE' | undefined {
  const mark = head.subarray(0, MARK_BYTES).toString('latin1');
  if (/^(\xff\xfe\0\0|\0\0\xfe\xff)/.test(mark)) return undefined; // UTF-32, which nobody writes
  if (mark.startsWith('\xff\xfe')) return 'UTF-16LE';
  if (mark.startsWith('\xfe\xff')) return 'UTF-16BE';
  if (zerosAllowed) return 'utf-8';
  const zeros = [0, 1].map((parity) => head.filter((byte, i) => i % 2 === parity && byte === 0).length);
  const pairs = Math.floor(head.length / 2);
  if (pairs > 1 && zeros[1] === pairs && zeros[0] === 0) return 'UTF-16LE';
  if (pairs > 1 && zeros[0] === Math.ceil(head.length / 2) && zeros[1] === 0) return 'UTF-16BE';
  return head.includes(0) ? undefined : 'utf-8';
}

function swapped(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length - (bytes.length % 2)).swap16();
}

function without(source: ByteSource, first: number): ByteSource {
  return {
    ...{ path: source.path, streamed: source.streamed, length: source.length - first },
    read: (offset, length) => source.read(first + offset, length),
  };
}
