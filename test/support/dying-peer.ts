/**
 * A real peer, as a process of its own, that kills itself with SIGKILL where it has fetched a share of a state:
 * `dying-peer.ts --dies-at 0.6 ...` takes the flags of `synod peer` besides. What comes after that share is not kept and
 * leads to nothing, so that the disk is as a slow line would have left it.
 */
import '../../src/foundation/polyfill.ts';
import { peer } from '../../nodes/commands/peer.ts';
import { defineCommand } from '../../nodes/cli/command.ts';
import { text } from '../../nodes/cli/flag.ts';
import { runCommand } from '../../nodes/cli/program.ts';
import { runPeer } from '../../nodes/peer/run-peer.ts';
import { pieceCount } from '../../src/crypto/body-digest.ts';
import type { NetworkPort } from '../../src/driver/environment.ts';
import type { PartialBody } from '../../src/network/transport.ts';
import type { WrapNetwork } from '../../src/run/start-peer.ts';

const dying =
  (share: number): WrapNetwork =>
  (port): NetworkPort => ({
    open: (handlers) => port.open(handlers),
    publish: (channel, bytes) => port.publish(channel, bytes),
    send: (to, bytes) => port.send(to, bytes),
    push: (to, body) => port.push(to, body),
    listen: (committee) => port.listen(committee),
    request: (to, request, maxAnswerBytes, done) => port.request(to, request, maxAnswerBytes, done),
    penalize: (culprit, reason) => port.penalize(culprit, reason),
    reachable: () => port.reachable(),
    fetchBody(digest, byteLength, from, done, kept) {
      if (kept === undefined) return port.fetchBody(digest, byteLength, from, done);
      const last = Math.round(share * pieceCount(byteLength));
      const partial = diesAfter(last, kept.partial);
      port.fetchBody(digest, byteLength, from, () => undefined, { ...kept, partial });
    },
  });

function diesAfter(pieces: number, inner: PartialBody): PartialBody {
  let kept = 0;
  return {
    list: () => inner.list(),
    read: (bytes, at) => inner.read(bytes, at),
    begin: (list) => inner.begin(list),
    keep(bytes, at) {
      kept += 1;
      if (kept <= pieces) inner.keep(bytes, at);
      // to read is to wait until what was kept before is written
      if (kept === pieces)
        void inner.read(new Uint8Array(1), 0).then(() => process.kill(process.pid, 'SIGKILL'));
    },
  };
}

const dyingPeer = defineCommand({
  ...peer,
  flags: { ...peer.flags, diesAt: text({ about: 'a share in 0 .. 1', required: true }) },
  run: ({ diesAt, ...flags }) => runPeer(flags, dying(Number(diesAt))),
});

// the first word is the command's name
await runCommand(dyingPeer, process.argv.slice(3));
