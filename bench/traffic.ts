/**
 * Bytes and messages a peer and round in simulated experiments of several sizes:
 *
 *   npm run bench:traffic -- [--peers 100,300,1000] [--rounds R] [--committee K] [--cohort C]
 */
import { parseArgs } from 'node:util';
import { measureTraffic, type PeerTraffic } from '../simulations/traffic.ts';

const { values: flags } = parseArgs({
  options: {
    peers: { type: 'string', default: '100,300,1000' },
    rounds: { type: 'string', default: '100' },
    committee: { type: 'string', default: '16' },
    cohort: { type: 'string', default: '16' },
  },
});
const cells = ({ receivedBytes, receivedMessages, sentBytes, sentMessages }: PeerTraffic): string =>
  `${receivedBytes.toFixed(0)} B in ${receivedMessages.toFixed(1)}, ${sentBytes.toFixed(0)} B in ${sentMessages.toFixed(1)}`;
process.stdout.write(
  'peers  rounds  outside the committee: received, sent | member: received, sent | seconds\n',
);
for (const peers of flags.peers.split(',').map(Number)) {
  const started = process.cpuUsage();
  const { outside, members, rounds, violations } = measureTraffic(
    {
      peers,
      rounds: Number(flags.rounds),
      committee: Number(flags.committee),
      cohort: Number(flags.cohort),
    },
    (round) => {
      if (round % 10 === 0) process.stderr.write(`${peers} peers, round ${round}\n`);
    },
  );
  const { user, system } = process.cpuUsage(started);
  process.stdout.write(
    `${peers}  ${rounds}  ${cells(outside)} | ${cells(members)} | ${((user + system) / 1e6).toFixed(0)} s CPU, ${violations.length} violations\n`,
  );
}
