/** The table of docs/compression.md, from the definitions. */
import { ALL_COMPRESSORS } from './all-compressors.ts';
import type { CompressorDefinition } from './define-compressor.ts';

export function compressorsTable(): readonly string[] {
  const all: readonly CompressorDefinition[] = ALL_COMPRESSORS;
  return [
    '| kind | settings (default) | bytes | unbiased | bound |',
    '|---|---|---|---|---|',
    ...all.map(({ kind, about, bytes, unbiased, bound }) =>
      `| \`${kind}\` | ${about ?? ''} | ${bytes} | ${unbiased} | ${bound} |`.replace('|  |', '| |'),
    ),
  ];
}
