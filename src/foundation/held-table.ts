/** How a map, queue or cache is declared that another peer can make grow: its bound, who pays for it, what goes first. */

/** What bounds of an experiment depend on. */
export interface TableScale {
  /** Seats in the roster. */
  readonly maxPeers: number;
  readonly checkpointRounds: number;
  /** All bodies of one round. */
  readonly roundBodyBytes: number;
}

export interface HeldTable {
  readonly holds: string;
  readonly unit: 'entries' | 'bytes';
  readonly bound: (scale: TableScale) => number;
  /** The bound in words, for the page that operators read. */
  readonly boundInWords: string;
  /** Whose account or part an entry takes. */
  readonly paidBy: string;
  /** What happens where the table is full. */
  readonly whenFull: string;
}
