/** `synod init`: makes this peer's key and prints its id, the name under which rosters know it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
    const schema = schemaFile();
    process.stderr.write(`The key is in ${path}. Keep it: it is the peer.\n`);
    if (schema !== undefined) {
      process.stderr.write(
        `Editors complete and check an experiment file that begins with: # yaml-language-server: $schema=${schema}\n`,
      );
    }
    process.stderr.write('Its id:\n');
    const report = { peer: id, keyFile: path, ...(schema === undefined ? {} : { experimentSchema: schema }) };
    process.stdout.write(`${asJson ? JSON.stringify(report) : id}\n`);
  },
});

/** The JSON Schema of experiment files that comes with the package; undefined where it was left out. */
function schemaFile(): string | undefined {
  // the sources lie one folder nearer to docs/ than what is built from them
  return ['../../docs/experiment.schema.json', '../../../docs/experiment.schema.json']
    .map((relative) => fileURLToPath(new URL(relative, import.meta.url)))
    .find(existsSync);
}
