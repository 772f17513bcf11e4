/** Every subcommand. A command file declares its flags; heavy modules are imported inside its handler. */
import type { CommandModule } from 'yargs';
import { init } from './init.ts';
import { plan } from './plan.ts';

export const commands = [init, plan] as readonly unknown[] as readonly CommandModule[];
