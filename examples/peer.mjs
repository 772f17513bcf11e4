// Peers inside of another program, here four of them on one machine: each has a folder with its key and its ledger.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKey, openPeer } from 'synod/peer';

const home = mkdtempSync(join(tmpdir(), 'synod-'));
const folders = ['alice', 'bob', 'carol', 'dave'].map((name) => join(home, name));
const roster = await Promise.all(folders.map((folder) => createKey(folder)));
const experiment = { name: 'inside', rounds: 3, roster };

const peers = [];
for (const folder of folders) {
  const bootstrap = peers.slice(0, 1).flatMap((peer) => peer.addresses);
  const listen = ['/ip4/127.0.0.1/tcp/0'];
  peers.push(await openPeer({ experiment, folder, listen, bootstrap, localNetwork: true }));
}
for (const { id, finished } of peers) {
  const { rounds, stateDigest } = await finished;
  console.log(`${id.slice(-6)} holds state ${stateDigest.slice(0, 16)} after ${rounds} rounds`);
}
await Promise.all(peers.map((peer) => peer.stop()));
rmSync(home, { recursive: true });
