/** What a peer says by the clock: why it is not connected, what it waits for, which links are missing. */
import type { Experiment } from '../../src/config/experiment.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { Transport } from '../../src/network/transport.ts';
import type { RunLog } from '../../src/telemetry/run-log.ts';
import { LinkWatch } from './link-watch.ts';
import type { RoundPeople } from './round-story.ts';
import type { PeerWatch } from './peer-watch.ts';
import { waitingFor } from './waiting.ts';

const TICK_MS = 1_000;
/** A peer that has just started is not connected yet. */
const UNCONNECTED_AFTER_MS = 5_000;
/** A relay answers within seconds or not at all. */
const RELAY_AFTER_MS = 15_000;

export interface WordsParts {
  readonly experiment: Experiment;
  readonly transport: Transport;
  readonly watch: PeerWatch;
  readonly log: RunLog;
  /** This peer is to be reached through a relay. */
  readonly wantsRelay: boolean;
  readonly people: () => RoundPeople & { readonly seats: readonly PeerId[] };
  readonly onWaiting: (seconds: number, why: string) => void;
}

export function speakRegularly(parts: WordsParts): NodeJS.Timeout {
  const { experiment, transport, watch, log, people, onWaiting } = parts;
  const links = new LinkWatch();
  const startedMs = performance.now();
  let said = '';
  let aloneSinceMs: number | undefined = startedMs;
  let saidRelay = !parts.wantsRelay;
  return setInterval(() => {
    const nowMs = performance.now();
    const connected = transport.connected();
    aloneSinceMs = connected.length > 0 ? undefined : (aloneSinceMs ?? nowMs);
    if (aloneSinceMs !== undefined && nowMs - aloneSinceMs >= UNCONNECTED_AFTER_MS) {
      const text = transport.diagnose().join('; ');
      if (text !== '' && text !== said) log.warn(`not connected: ${text}`);
      said = text;
    }
    if (!saidRelay && nowMs - startedMs >= RELAY_AFTER_MS) {
      saidRelay = true;
      if (!transport.addresses().some((address) => address.includes('/p2p-circuit'))) {
        log.warn(
          'no relay has taken this peer: --relay needs a connected peer that serves as one (--relay-server);' +
            ' until then only peers that this one dials are connected to it',
        );
      }
    }
    const { seats, ...roles } = people();
    const missing = links.word(seats, transport, nowMs);
    if (missing !== undefined) log.info(missing);
    const seconds = watch.patience.word(nowMs);
    if (seconds === undefined) return;
    const reason = watch.story.reason(roles, connected, experiment.cohort.minimum);
    const waiting = waitingFor(seats, transport.self, connected, reason);
    log.info('waiting', { seconds, ...waiting });
    onWaiting(seconds, waiting.why);
  }, TICK_MS).unref();
}
