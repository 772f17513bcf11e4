/** One peer of an experiment in this process: wires machine, transport, store and application together. */
import { protocolConfigOf } from '../config/protocol-config.ts';
import type { Experiment } from '../config/experiment.ts';
import type { Digest } from '../crypto/hash.ts';
import { hashThread } from '../crypto/hash-thread.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { PeerKey } from '../crypto/peer-key.ts';
import { peerRandomness } from '../crypto/peer-randomness.ts';
import { MessageCodec } from '../messages/message-codec.ts';
import type { Transport } from '../network/transport.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { Machine } from '../protocol/machine.ts';
import type { TrustedState } from '../protocol/chain/trusted-state.ts';
import { contributionBytes } from '../protocol/verification/statements.ts';
import type { Verifier } from '../protocol/verification/verifier.ts';
import type { Application } from '../learning/application.ts';
import { fromApplication } from '../driver/application-port.ts';
import { Eavesdropper } from '../driver/eavesdropper.ts';
import { drive, type DriveOptions } from '../driver/drive.ts';
import type { ClockPort, NetworkPort, Observer } from '../driver/environment.ts';
import { StoreLedger } from '../driver/store-ledger.ts';
import { TransportNetwork, type TransportNetworkHooks } from '../driver/transport-network.ts';
import type { PartialState } from '../storage/partial-state.ts';
import type { Store } from '../storage/store.ts';
import { checkTrust } from './trust.ts';

/** Its timers do not keep the process alive by themselves. */
const NODE_CLOCK: ClockPort = {
  now: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export interface PeerParts {
  readonly experiment: Experiment;
  readonly key: PeerKey;
  readonly application: Application;
  /** Started already; `stop` leaves it to its owner. */
  readonly transport: Transport;
  readonly store: Store;
  /** Where what has come of a state from others outlasts the process. */
  readonly partial?: PartialState | undefined;
  /** The peer never ran in this experiment before: an empty store is no lost disk. */
  readonly fresh: boolean;
  readonly permit?: Uint8Array;
  /** A state that the history must contain. */
  readonly trusted?: TrustedState | undefined;
  readonly observer: Observer;
  /** Deliveries that failed; for the log. */
  readonly onTrouble?: TransportNetworkHooks['onFault'];
  readonly onPayload?: TransportNetworkHooks['onPayload'];
  readonly onEffect?: DriveOptions['onEffect'];
  /** The peer cannot go on: its disk or its application failed. */
  readonly onFailure: (error: unknown) => void;
  /** Shared by the peers of one process, which then check each signature once. */
  readonly verifier?: Verifier;
  /** An adversary that forges from what the others of the round sent (`Application.overhear`), and who does so with it. */
  readonly listens?: { readonly accomplices: readonly PeerId[] } | undefined;
  /** Stands between the machine and the network, for tests with peers that misbehave. */
  readonly wrapNetwork?: WrapNetwork;
}

export type WrapNetwork = (port: NetworkPort, config: ProtocolConfig, key: PeerKey) => NetworkPort;

export interface RunningPeer {
  readonly machine: Machine;
  /** How full everything is that other peers can make grow, the network's tables apart. */
  sizes(): Readonly<Record<string, number>>;
  /** Gives up the seat in the roster. */
  leave(): void;
  stop(): void;
}

export async function startPeer(parts: PeerParts): Promise<RunningPeer> {
  const { experiment, key, application, transport, store, observer, onFailure } = parts;
  const config = protocolConfigOf(experiment, application);
  if (parts.trusted !== undefined) await checkTrust(store, config, parts.trusted);
  const machine = new Machine(config, {
    self: key.id,
    signatures: key,
    randomness: peerRandomness(key),
    ...(parts.permit === undefined ? {} : { permit: parts.permit }),
    ...(parts.trusted === undefined ? {} : { trusted: parts.trusted }),
    ...(parts.verifier === undefined ? {} : { verifier: parts.verifier }),
  });
  transport.useSeats((peer) => machine.isSeated(peer));
  const { onTrouble: onFault, onPayload, onEffect } = parts;
  const network = new TransportNetwork(transport, config.experiment, {
    ...(onFault === undefined ? {} : { onFault }),
    ...(onPayload === undefined ? {} : { onPayload }),
  });
  await network.start();
  const port = fromApplication(application, onFailure);
  const ears = parts.listens === undefined ? undefined : earsOf(machine, parts, parts.listens.accomplices);
  const environment = {
    clock: NODE_CLOCK,
    network: parts.wrapNetwork?.(network, config, key) ?? ears?.listening(network) ?? network,
    ledger: new StoreLedger(store, config, { fresh: parts.fresh, partial: parts.partial }, onFailure),
    application: ears?.informing(port) ?? port,
    observer,
    digests: {
      bodyDigest: (body: Uint8Array, done: (digest: Digest) => void): void =>
        void hashThread.bodyDigest(body).then(done).catch(onFailure),
    },
  };
  const driver = drive(machine, environment, onEffect === undefined ? {} : { onEffect });
  return {
    machine,
    sizes: () => driver.sizes(),
    leave: () => driver.leave(),
    stop() {
      driver.stop();
      network.stop();
    },
  };
}

function earsOf(
  machine: Machine,
  { key, application, onFailure }: PeerParts,
  accomplices: readonly PeerId[],
): Eavesdropper {
  const { config } = machine;
  return new Eavesdropper({
    self: key.id,
    codec: new MessageCodec(config),
    clock: NODE_CLOCK,
    collectMs: config.timing.collectMs,
    round: () => ({ anchor: machine.position.anchor, cohort: machine.roundMembers.cohort }),
    isGenuine: (contribution) =>
      machine.isSeated(contribution.worker) &&
      key.verify(
        contribution.worker,
        contributionBytes(config.experiment, contribution),
        contribution.signature,
      ),
    accomplices: new Set(accomplices),
    tell: (context, heard) => {
      application.overhear?.(context, heard).catch(onFailure);
    },
  });
}
