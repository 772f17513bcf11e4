/** `npm run docs:results -- NAME DIR...`: the finished cells of DIR into docs/results/NAME.csv. */
import { keepResults } from '../dist/simulations/reproduce/keep-results.js';

const [name, ...folders] = process.argv.slice(2);
if (name === undefined || folders.length === 0) {
  process.stderr.write('usage: npm run docs:results -- NAME DIR...\n');
  process.exit(2);
}
try {
  const { added, total } = keepResults(name, folders, 'docs');
  process.stdout.write(`${added} rows from ${folders.join(', ')}; docs/results/${name}.csv holds ${total}\n`);
} catch (error) {
  if (error?.name !== 'OperatorError') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(2);
}
