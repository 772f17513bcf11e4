/**
 * The process of the attackers that are named: `attacker-process.ts TARGET NAME..`, where TARGET is a Target as JSON.
 * Prints what it has spent every second and at the end, as JSON lines; ends at SIGTERM.
 */
import { present } from '../../src/foundation/assert.ts';
import { ATTACKERS } from './attackers.ts';
import { Expenses, type Target } from './stranger-host.ts';

const [targetText, ...names] = process.argv.slice(2);
const target = JSON.parse(present(targetText, 'a target')) as Target;
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
const expenses = new Expenses();
const cpuBefore = process.cpuUsage();
const say = (): void => {
  const { user, system } = process.cpuUsage(cpuBefore);
  expenses.cpuSeconds = (user + system) / 1e6;
  process.stdout.write(`${JSON.stringify(expenses)}\n`);
};
const timer = setInterval(say, 250);
const parts = { target, expenses, signal: ending.signal };
await Promise.all(names.map((name) => present(ATTACKERS[name], name).run(parts)));
clearInterval(timer);
say();
process.exit(0);
