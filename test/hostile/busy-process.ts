/**
 * Takes the share of one processor that is named, and talks to nobody: `busy-process.ts SHARE`. Says one line when it
 * begins; lives until it is killed. What it could not have in time is not made up for later.
 */
const TICK_MS = 20;

const share = Number(process.argv[2]);
let sinceMs = performance.now();
process.stdout.write('busy\n');
setInterval(() => {
  const nowMs = performance.now();
  const dueMs = share * Math.min(nowMs - sinceMs, 2 * TICK_MS);
  sinceMs = nowMs;
  const before = process.cpuUsage();
  let spentMs = 0;
  while (spentMs < dueMs) {
    const { user, system } = process.cpuUsage(before);
    spentMs = (user + system) / 1000;
  }
}, TICK_MS);
