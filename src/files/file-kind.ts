/** What a file is by its first bytes, in words: for the sentence that says why a reader refuses it. */

/** So many of a file's first bytes are enough for `kindOf`. */
export const KIND_BYTES = 512;

const MAGIC: readonly (readonly [latin1: string, kind: string])[] = [
  ['\x1f\x8b', 'a gzip file (gunzip it first)'],
  ['PK\x03\x04', 'a zip archive (.zip, .npz, .xlsx or a PyTorch checkpoint)'],
  ['PK\x05\x06', 'an empty zip archive'],
  ['BZh', 'a bzip2 file (unpack it first)'],
  ['\xfd7zXZ\x00', 'an xz file (unpack it first)'],
  ['\x28\xb5\x2f\xfd', 'a zstd file (unpack it first)'],
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive (unpack it first)'],
  ['Rar!', 'a RAR archive (unpack it first)'],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file (.h5, Keras or PyTables)'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['BM', 'a BMP image'],
  ['II*\x00', 'a TIFF image'],
  ['MM\x00*', 'a TIFF image'],
  ['\xff\xfe\x00\x00', 'text in UTF-32'],
  ['\xff\xfe', 'text in UTF-16'],
  ['\xfe\xff', 'text in UTF-16'],
  ['%PDF', 'a PDF'],
  ['PAR1', 'a Parquet file'],
  ['ARROW1', 'an Arrow file'],
  ['ORC', 'an ORC file'],
  ['SQLite format 3', 'an SQLite database'],
  ['\x93NUMPY', 'a .npy file'],
  ['GGUF', 'a GGUF model'],
  ['\xd0\xcf\x11\xe0', 'an old Office document (.xls)'],
  ['\x7fELF', 'a program'],
  ['version https://git-lfs', 'a Git LFS pointer and not the file itself (git lfs pull fetches it)'],
];

/** A pickle of protocol 2 to 5: PROTO, the protocol, and an opcode that such files begin with. */
const PICKLE = /^\x80[\x02-\x05][\x95(}\]cX\x8a\x8c\x63]/;
const MARKUP = /^\s*<(!doctype|html|head|body|\?xml|svg|error)/i;

/** Undefined where the bytes are nothing known. `head` are the first bytes of the file, KIND_BYTES of them or all. */
export function kindOf(head: Uint8Array): string | undefined {
  if (head.length === 0) return 'empty';
  const latin1 = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, KIND_BYTES)).toString(
    'latin1',
  );
  const known = MAGIC.find(([magic]) => latin1.startsWith(magic));
  if (known !== undefined) return known[1];
  if (/^RIFF[^]{4}WEBP/.test(latin1)) return 'a WebP image';
  if (/^[^]{4}ftyp(avif|hei[cfx]|mif1)/.test(latin1)) return 'an AVIF or HEIC image';
  if (latin1.startsWith('ustar', 257)) return 'a tar archive (unpack it first)';
  if (PICKLE.test(latin1)) return 'a Python pickle';
  const text = latin1.replace(/^\xef\xbb\xbf/, '');
  if (MARKUP.test(text))
    return /^\s*<\?xml|^\s*<(svg|error)/i.test(text) ? 'an XML document' : 'an HTML page';
  if (/^\s*[{[]\s*("|\[|\{|\d|-|\]|\})/.test(text)) return 'a JSON text';
  if (/^\0+$/.test(latin1)) return 'nothing but zero bytes';
  return undefined;
}
