/**
 * Text that others may have written, as it may be shown: control characters, which move a terminal's cursor or change
 * what it has shown, and marks that turn the direction of writing, as escapes. The escapes are JSON's own, so a line of
 * JSON stays what it was.
 */

/** C0 and C1 controls, DEL, line and paragraph separators, the marks and embeddings of direction (Unicode UAX #9), BOM. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function shownText(text: string): string {
  return text.replace(UNSAFE, (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same of each line of a text that has several. */
export function shownLines(text: string): string {
  return text.split('\n').map(shownText).join('\n');
}
