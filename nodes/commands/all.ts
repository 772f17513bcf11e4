/** Every subcommand. A command file declares its flags; heavy modules are imported inside its handler. */
import type { AnyCommand } from '../cli/command.ts';
import { aggregate } from './aggregate.ts';
import { check } from './check.ts';
import { doctor } from './doctor.ts';
import { evaluate } from './evaluate.ts';
import { explain } from './explain.ts';
import { exportCommand } from './export.ts';
import { fuzzProtocol } from './fuzz-protocol.ts';
import { init } from './init.ts';
import { observe } from './observe.ts';
import { peer } from './peer.ts';
import { plan } from './plan.ts';
import { report } from './report.ts';
import { reproduce } from './reproduce.ts';
import { simulate } from './simulate.ts';
import { sweep } from './sweep.ts';
import { verifyRun } from './verify-run.ts';
import { why } from './why.ts';

export const commands: readonly AnyCommand[] = [
  aggregate,
  check,
  doctor,
  evaluate,
  explain,
  exportCommand,
  fuzzProtocol,
  init,
  observe,
  peer,
  plan,
  report,
  reproduce,
  simulate,
  sweep,
  verifyRun,
  why,
];
