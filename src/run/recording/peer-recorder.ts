/** Writes what one running peer sees into the run's event log: its effects, its observer's reports, payload and links. */
import { isBlameless, type MessageFault } from '../../protocol/fault.ts';
import { signersOf } from '../../protocol/verification/certificate-signers.ts';
import type { Decision } from '../../messages/decision.ts';
import type { Transport } from '../../network/transport.ts';
import type { EventLog } from '../../observe/event-log.ts';
import { PAYLOAD_KINDS } from '../../observe/phases.ts';
import type { Effect, Report, RoundReport } from '../../protocol/effect.ts';
import type { Machine } from '../../protocol/machine.ts';
import type { Application } from '../../learning/application.ts';
import type { Observer } from '../../driver/environment.ts';
import type { PayloadKind } from '../../driver/transport-network.ts';
import { PhaseClock } from './phase-clock.ts';
import { contributionColumns, shortNumber } from './contribution-columns.ts';
import { observedApplication } from './observed-application.ts';
import type { RoundBoard } from './round-board.ts';

export interface PeerRecorderParts {
  readonly log: EventLog;
  /** Shared by the peers of one process. */
  readonly board: RoundBoard;
  readonly self: string;
  readonly transport: Transport;
  /** Fewer contributions than this make a round that changes nothing. */
  readonly minimum: number;
}

/** Pairs of sender and code that are counted between two rounds; a flood has no more lines. */
const MOST_REFUSALS = 64;

const noPayload = (): number[] => PAYLOAD_KINDS.map(() => 0);

export class PeerRecorder {
  private readonly parts: PeerRecorderParts;
  private readonly number: number;
  private readonly phases: PhaseClock;
  private readonly refusals = new Map<
    string,
    { readonly code: string; readonly from: string; count: number }
  >();
  private readonly payload = { sent: noPayload(), received: noPayload() };
  private wire = { sentBytes: 0, receivedBytes: 0 };
  private round = 0;
  private loss: number | null = null;
  private machine: Machine | undefined;
  private adopting: Decision | undefined;

  constructor(parts: PeerRecorderParts) {
    this.parts = parts;
    this.number = parts.log.numberOf(parts.self);
    const { log, transport } = parts;
    this.phases = new PhaseClock((phase, seconds) =>
      log.write('phase', {
        peer: this.number,
        round: this.round,
        phase,
        ms: Math.round(seconds * 1000),
        ...(phase === 'train' && { loss: this.loss }),
      }),
    );
    transport.onPeerChange((other, state) => this.link(other, state === 'connected' ? 'up' : 'down'));
    for (const other of transport.connected()) this.link(other, 'up');
  }

  attach(machine: Machine): void {
    this.machine = machine;
    this.look();
  }

  application(inner: Application): Application {
    const { board } = this.parts;
    return observedApplication(inner, {
      trained: (_round, loss) => {
        this.loss = shortNumber(loss);
      },
      refused: (round, worker, fault) => void board.at(round).invalid.set(worker, fault),
      aggregated: (round, stateDigest, measures) => void board.at(round).measures.set(stateDigest, measures),
    });
  }

  /** An observer that writes and passes on. */
  observing(inner: Observer): Observer {
    return {
      ...inner,
      decided: (report) => {
        this.decided(report);
        inner.decided(report);
      },
      reported: (report) => {
        this.reported(report);
        inner.reported(report);
      },
      refused: (code, from) => {
        this.refused(code, from);
        inner.refused(code, from);
      },
    };
  }

  readonly onEffect = (effect: Effect): void => {
    this.look();
    if (effect.type === 'train' || effect.type === 'verify' || effect.type === 'adopt') {
      this.round = effect.context.round;
    }
    if (effect.type === 'fetch') this.parts.board.hears(effect.context.round, effect.contribution.worker);
    if (effect.type === 'adopt') this.adopting = effect.decision;
    this.phases.saw(effect, performance.now());
    if (effect.type === 'decide') this.round = effect.decision.round + 1;
  };

  readonly onPayload = (kind: PayloadKind, direction: 'sent' | 'received', byteLength: number): void => {
    const counts = this.payload[direction];
    const column = PAYLOAD_KINDS.indexOf(kind);
    counts[column] = (counts[column] ?? 0) + byteLength;
  };

  /** A sentence that an operator should read. */
  word(level: 'warn' | 'error', text: string): void {
    this.parts.log.write('word', { peer: this.number, level, text: text.slice(0, 2_000) });
  }

  waiting(seconds: number, why: string): void {
    this.parts.log.write('waiting', { peer: this.number, seconds, why });
  }

  /** Round-trip times, now and then. */
  sampleLinks(): void {
    for (const { peer, roundTripMs } of this.parts.transport.links()) {
      if (roundTripMs !== undefined) this.link(peer, 'up');
    }
  }

  /** A round, or another attempt at one, has begun. */
  private look(): void {
    if (this.machine === undefined) return;
    const { round, attempt, cohort, committee, seats } = this.machine.roundMembers;
    const { board, log } = this.parts;
    if (!board.first(round, `round ${attempt}`)) return;
    log.write('round', {
      round,
      attempt,
      cohort: cohort.length === seats ? null : this.numbers(cohort),
      committee: this.numbers(committee),
      seats,
    });
  }

  private decided(report: RoundReport): void {
    const { round, outcome, contributors, skipped } = report;
    const { board, log, minimum } = this.parts;
    const decision = this.adopting?.value.round === round ? this.adopting : undefined;
    if (decision !== undefined && board.first(round, 'decision')) {
      board.decided = Math.max(board.decided, round + 1);
      this.writeContributions(report, decision);
      const { certificate } = decision;
      log.write('decision', {
        round,
        attempt: report.attempt,
        view: report.view,
        author: log.numberOf(decision.value.author),
        signers: this.numbers(signersOf(report.committee, certificate).map(({ voter }) => voter)),
        certificateBytes: certificate.signers.length + 64 * certificate.signatures.length,
        updateBytes: outcome.updateByteLength,
        state: report.stateDigest,
      });
      if (skipped !== undefined) {
        const few = `${contributors.length} contributions came, a round needs ${minimum}`;
        const reason = skipped === 'not-finite' ? 'the aggregate or the step left the range of float32' : few;
        log.write('skip', { round, reason });
      }
    }
    this.writeBytes(round);
    this.writeRefusals();
    this.look();
  }

  private writeContributions(report: RoundReport, decision: Decision): void {
    const { board, log } = this.parts;
    const { contributions } = decision.value;
    const notes = board.at(report.round);
    const listed = new Set(contributions.map(({ worker }) => worker));
    const absent = report.cohort.filter((worker) => !listed.has(worker));
    const late = absent.filter((worker) => notes.heard.has(worker) && !notes.invalid.has(worker));
    const measures = notes.measures.get(decision.outcome.applicationDigest);
    log.write('contributions', {
      round: report.round,
      peers: this.numbers(contributions.map(({ worker }) => worker)),
      bytes: contributions.map(({ byteLength }) => byteLength),
      ...contributionColumns(measures),
      trimmed: this.numbers((measures ?? []).filter(({ trimmed }) => trimmed).map(({ worker }) => worker)),
      absent: this.numbers(absent),
      late: this.numbers(late),
      invalid: [...notes.invalid].map(([worker, fault]) => [log.numberOf(worker), fault]),
      ...(notes.heard.size > 0 && {
        heard: [...notes.heard].map(([worker, ms]): [number, number] => [log.numberOf(worker), ms]),
      }),
    });
  }

  private writeBytes(round: number): void {
    const { log, transport } = this.parts;
    const { sentBytes, receivedBytes } = transport.traffic();
    log.write('bytes', {
      peer: this.number,
      round,
      sent: this.payload.sent,
      received: this.payload.received,
      wireSent: sentBytes - this.wire.sentBytes,
      wireReceived: receivedBytes - this.wire.receivedBytes,
    });
    this.wire = { sentBytes, receivedBytes };
    this.payload.sent = noPayload();
    this.payload.received = noPayload();
  }

  private refused(code: MessageFault | 'undecodable', from: string): void {
    if (code !== 'undecodable' && isBlameless(code)) return;
    const key = `${code} ${from}`;
    const known = this.refusals.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.refusals.size < MOST_REFUSALS) this.refusals.set(key, { code, from, count: 1 });
  }

  private writeRefusals(): void {
    const { log } = this.parts;
    for (const { code, from, count } of this.refusals.values()) {
      log.write('refusal', { peer: this.number, from: log.numberOf(from), code, count });
    }
    this.refusals.clear();
  }

  private reported(report: Report): void {
    const { board, log } = this.parts;
    const peer = this.number;
    switch (report.event) {
      case 'convicted': {
        const { slot, peer: culprit } = report.evidence;
        if (!board.first(slot.round, `convicted ${culprit}`)) return;
        return log.write('conviction', { peer: log.numberOf(culprit), round: slot.round, about: slot.about });
      }
      case 'excluded':
        if (!board.first(report.round, `excluded ${report.peer}`)) return;
        return log.write('exclusion', { peer: log.numberOf(report.peer), round: report.round });
      case 'view-changed': {
        const { round, attempt, view } = report;
        if (!board.first(round, `view ${attempt} ${view}`)) return;
        return log.write('view', { peer, round, attempt, view });
      }
      case 'attempt-opened':
      case 'abandoned': {
        const { round, attempt } = report;
        const state = report.event === 'abandoned' ? 'abandoned' : 'opened';
        return log.write('attempt', { peer, round, attempt, state });
      }
      case 'stepped-back':
        return log.write('trouble', { peer, round: report.fromRound, what: report.event });
      case 'silent':
        return log.write('trouble', { peer, round: report.untilRound, what: report.event });
      case 'finished':
        return;
      default:
        return log.write('trouble', { peer, round: report.round, what: report.event });
    }
  }

  private link(other: string, state: 'up' | 'down'): void {
    const { log, transport } = this.parts;
    const known = state === 'up' ? transport.links().find(({ peer }) => peer === other) : undefined;
    const ms = known?.roundTripMs;
    const relayed = known?.relayed ?? false;
    log.write('link', { peer: this.number, other: log.numberOf(other), state, ms: ms ?? null, relayed });
  }

  private numbers(ids: readonly string[]): number[] {
    return ids.map((id) => this.parts.log.numberOf(id));
  }
}
