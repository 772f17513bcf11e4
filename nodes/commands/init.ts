/** `synod init`: makes this peer's key and prints its id, the name under which rosters know it. */
import { join } from 'node:path';
import { json, peerDir } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';

export const init = defineCommand({
  name: 'init',
  summary: 'make a key for this peer and print its peer id',
  examples: [
    {
      command: 'synod init --dir alice',
      about: "alice's key in alice/peer.key; prints the id for the roster",
    },
  ],
  arguments: {},
  flags: {
    dir: { ...peerDir, about: 'the folder of the peer; made where it is missing' },
    json,
  },
  async run({ dir, json: asJson }) {
    const { KEY_FILE_NAME, createKeyFile } = await import('../../src/crypto/key-file.ts');
    const path = join(dir, KEY_FILE_NAME);
    const { id } = await createKeyFile(path);
    process.stderr.write(`The key is in ${path}. Keep it: it is the peer. Its id:\n`);
    process.stdout.write(`${asJson ? JSON.stringify({ peer: id, keyFile: path }) : id}\n`);
  },
});
