/** `synod init`: makes this peer's key and prints its id, the name under which rosters know it. */
import { join } from 'node:path';
import type { CommandModule } from 'yargs';

interface InitArguments {
  readonly dir: string;
  readonly json: boolean;
}

export const init: CommandModule<object, InitArguments> = {
  command: 'init',
  describe: 'make a key for this peer and print its peer id',
  builder: (yargs) =>
    yargs
      .option('dir', { type: 'string', default: 'synod-peer', describe: 'the folder of the peer' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ dir, json }) => {
    const { KEY_FILE_NAME, createKeyFile } = await import('../../src/crypto/key-file.ts');
    const path = join(dir, KEY_FILE_NAME);
    const { id } = await createKeyFile(path);
    process.stderr.write(`The key is in ${path}. Keep it: it is the peer. Its id:\n`);
    process.stdout.write(`${json ? JSON.stringify({ peer: id, keyFile: path }) : id}\n`);
  },
};
