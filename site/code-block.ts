/**
 * What the words behind the fence of a code block say. `sh run`: a test extracts the block and runs it
 * (test/site/documented-commands.test.ts). `sh manual: REASON`: nobody runs it by itself, and why.
 */

export type CodeBlock =
  | { readonly kind: 'plain'; readonly language: string }
  | { readonly kind: 'run' }
  | { readonly kind: 'manual'; readonly reason: string }
  | { readonly kind: 'unmarked' };

export function readFence(info: string): CodeBlock {
  const [language = '', ...rest] = info.trim().split(/\s+/);
  if (language !== 'sh') return { kind: 'plain', language };
  const words = rest.join(' ');
  if (words === 'run') return { kind: 'run' };
  const reason = /^manual: (.+)$/.exec(words)?.[1];
  return reason === undefined ? { kind: 'unmarked' } : { kind: 'manual', reason };
}
