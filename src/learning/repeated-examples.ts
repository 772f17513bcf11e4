/** A batch that is larger than what its worker has: it works, and is seldom what was meant. */

/** A sentence where it is so; `leastExamples` are those of the peer that has the fewest. */
export function repeatedExamples(batchSize: number, leastExamples: number): string | undefined {
  if (batchSize <= leastExamples) return undefined;
  return (
    `batchSize, ${batchSize}, is more than the ${leastExamples} examples of the peer that has the fewest: ` +
    'a batch of it holds examples more than once'
  );
}
