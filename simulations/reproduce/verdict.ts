/**
 * What is said of a claim, in four words. A claim of a paper is judged where the run has the paper's size; a smaller run
 * tells what was seen, no more. A question that is ours and not the paper's says so.
 */

/** What the runs of this grid say, whatever their size; undecided: the network learns too little in them to tell. */
export type Answer = 'yes' | 'in part' | 'no' | 'undecided' | 'not run';

export interface Finding {
  readonly claim: string;
  /** Figure or section of the paper; null: no claim of the paper. */
  readonly source: string | null;
  readonly answer: Answer;
  /** The numbers behind the answer. */
  readonly seen: string;
  /** Network, rate, workers: where the answer comes from. */
  readonly setting: string;
  /** Which rows of results.csv the numbers are taken from. */
  readonly rows: string;
  /** What differs from the paper in this claim alone, beside what the whole run leaves out. */
  readonly differs?: string;
}

export type VerdictWord =
  'holds' | 'does not hold' | "not tested at the paper's size" | 'not a claim of the paper';

export interface Verdict extends Omit<Finding, 'differs'> {
  readonly word: VerdictWord;
  /** What differs from the paper; empty: nothing that is known. */
  readonly differs: string;
}

/** `reductions`: how the run is smaller than the paper's, in sentences; empty for the paper's own size. */
export function verdictOf(finding: Finding, reductions: readonly string[]): Verdict {
  const { differs: own } = finding;
  const differs = [...reductions, ...(own === undefined ? [] : [own])].join(' ');
  return { ...finding, differs, word: wordOf(finding, differs !== '') };
}

function wordOf({ source, answer }: Finding, isSmaller: boolean): VerdictWord {
  if (source === null) return 'not a claim of the paper';
  if (isSmaller || answer === 'undecided' || answer === 'not run') return "not tested at the paper's size";
  return answer === 'yes' ? 'holds' : 'does not hold';
}

/** The parts of a line: the word with its source, then what follows. */
export function verdictText({ word, source, claim, answer, seen, setting, differs }: Verdict): {
  readonly head: string;
  readonly text: string;
} {
  const here = word === 'holds' || word === 'does not hold' ? '' : `Here: ${answer}. `;
  const setup = setting === '' ? '' : ` Setting: ${setting}.`;
  // a question of ours has no paper to differ from; how the run is smaller stands above it
  const other = differs === '' || source === null ? '' : ` Differs: ${differs}`;
  return {
    head: source === null ? word : `${word} (${source})`,
    text: `${claim} ${here}${seen}${setup}${other}`,
  };
}
