/** Waits for a condition on real time, for tests of real networks; nowhere else should a test wait. */
const POLL_MS = 20;

/** Resolves with the first result that is neither false nor undefined; fails after the time, naming what was awaited. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const result = await condition();
    if (result !== false && result !== undefined) return result as Exclude<T, false | undefined>;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
