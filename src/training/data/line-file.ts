/** The lines of a text file by number, in memory or on disk. Only where each line begins is kept. */
import { isUtf8 } from 'node:buffer';
import { type OperatorError, invalidField } from '../../foundation/operator-error.ts';
import type { ByteSource } from './byte-source.ts';

const SCAN_BYTES = 2 ** 20;
const LONGEST_LINE_BYTES = 2 ** 24;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const REPLACEMENT = '\ufffd';

export class LineFile {
  readonly path: string;
  readonly count: number;
  private readonly source: ByteSource;
  /** Where each line begins, and one more: where a next line would. */
  private readonly starts: Float64Array;

  /** Indexes the file in one pass, two where lines end with a carriage return alone; blank lines at its end do not count. */
  constructor(source: ByteSource) {
    this.source = source;
    this.path = source.path;
    const byNewline = startsAfter(source, NEWLINE);
    const starts = byNewline.length > 1 ? byNewline : startsAfter(source, RETURN);
    if (starts.at(-1) !== source.length) starts.push(source.length + 1);
    this.starts = Float64Array.from(starts);
    let count = starts.length - 1;
    while (count > 0 && this.line(count - 1).trim() === '') count--;
    this.count = count;
    if (count === 0) throw invalidField(this.path, 'have a line', 'none');
  }

  /** Line `index`, counted from 0, without its end. */
  line(index: number): string {
    const start = this.starts[index] as number;
    const length = (this.starts[index + 1] as number) - 1 - start;
    if (length > LONGEST_LINE_BYTES) {
      throw this.fault(index, `be at most ${LONGEST_LINE_BYTES} bytes long`, length);
    }
    const bytes = this.source.read(start, length);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    if (text.includes(REPLACEMENT) && !isUtf8(bytes)) {
      throw this.fault(index, 'be UTF-8 text (iconv -f WINDOWS-1252 -t UTF-8 may convert it)', text);
    }
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }

  /** The operator's fault in a line: names file, line, rule and value. */
  fault(index: number, rule: string, value: unknown): OperatorError {
    return invalidField(`${this.path} line ${index + 1}`, rule, value);
  }
}

/** Where lines begin that end with this byte. */
function startsAfter(source: ByteSource, end: number): number[] {
  const starts = [0];
  for (let offset = 0; offset < source.length; offset += SCAN_BYTES) {
    const bytes = source.read(offset, Math.min(SCAN_BYTES, source.length - offset));
    for (let at = bytes.indexOf(end); at >= 0; at = bytes.indexOf(end, at + 1)) starts.push(offset + at + 1);
  }
  return starts;
}
