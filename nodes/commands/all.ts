/** Every subcommand. A command file declares its flags; heavy modules are imported inside its handler. */
import type { CommandModule } from 'yargs';

export const commands: readonly CommandModule[] = [];
