/** The event log of a run in this process: opens it, gives each peer its recorder, samples the machine, ends it. */
import { statfs } from 'node:fs/promises';
import { EventLog } from '../../observe/event-log.ts';
import type { FieldsOf } from '../../observe/event-table.ts';
import type { Transport } from '../../network/transport.ts';
import { PeerRecorder } from './peer-recorder.ts';
import { RoundBoard } from './round-board.ts';
import { runHeader, type RunDescription } from './run-header.ts';

export interface RunRecorderOptions extends RunDescription {
  /** Where the log is written; left out: only taps hear it. */
  readonly folder?: string | undefined;
  readonly onFault: (reason: string) => void;
}

const SAMPLE_EVERY_MS = 10_000;

export class RunRecorder {
  readonly log: EventLog;
  private readonly minimum: number;
  private readonly board = new RoundBoard();
  private readonly recorders: PeerRecorder[] = [];
  private readonly timer: NodeJS.Timeout;
  private cpu = process.cpuUsage();
  private sampledAt = performance.now();

  constructor(options: RunRecorderOptions) {
    const { folder, onFault } = options;
    this.log = new EventLog({
      ...(folder !== undefined && { folder }),
      onFault,
      ...runHeader(options),
    });
    this.minimum = options.experiment.cohort.minimum;
    this.timer = setInterval(() => void this.sample(), SAMPLE_EVERY_MS).unref();
  }

  peer(self: string, transport: Transport): PeerRecorder {
    const { log, board, minimum } = this;
    const recorder = new PeerRecorder({ log, board, self, transport, minimum });
    this.recorders.push(recorder);
    return recorder;
  }

  evaluated(round: number, accuracy: number, loss: number, baseline?: string): void {
    const measure = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(5)) : null);
    this.log.write('evaluation', {
      round,
      accuracy: measure(accuracy),
      loss: measure(loss),
      baseline: baseline ?? null,
    });
  }

  /** The last line; the log is closed after it. */
  end(state: FieldsOf<'end'>['state'], why?: string, digestsAgree?: boolean): void {
    const rounds = this.board.decided;
    this.log.write('end', {
      state,
      rounds,
      why: why?.slice(0, 2_000) ?? null,
      digestsAgree: digestsAgree ?? null,
    });
    this.close();
  }

  close(): void {
    clearInterval(this.timer);
    this.log.close();
  }

  private async sample(): Promise<void> {
    const now = performance.now();
    const used = process.cpuUsage(this.cpu);
    const cpu = (used.user + used.system) / 1000 / (now - this.sampledAt);
    this.cpu = process.cpuUsage();
    this.sampledAt = now;
    for (const recorder of this.recorders) recorder.sampleLinks();
    const { folder } = this.log;
    const disk = folder === undefined ? undefined : await statfs(folder).catch(() => undefined);
    this.log.write('resource', {
      cpu: Number(cpu.toFixed(3)),
      memoryBytes: process.memoryUsage.rss(),
      diskBytes: disk === undefined ? 0 : disk.bavail * disk.bsize,
    });
  }
}
