/** The adversary in the simulator: a Byzantine port over the simulated network, with the surrogate's bodies. */
import { bytesOf } from '../src/foundation/bytes.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { NetworkPort } from '../src/driver/environment.ts';
import type { Behaviour } from './behaviours.ts';
import { corruptPort } from './byzantine-port.ts';
import { fakeSignatures } from './fake-schemes.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { SURROGATE_DIMENSION } from './surrogate-application.ts';

export function corrupt(
  port: NetworkPort,
  peer: SimulatedPeer,
  network: SimulatedNetwork,
  kinds: readonly Behaviour[],
  random: SeededRandom,
  spare: readonly PeerId[] = [],
): NetworkPort {
  const { config, codec, world } = peer.setup;
  const bodyOf = (value: number): Uint8Array => bytesOf(new Float64Array(SURROGATE_DIMENSION).fill(value));
  return corruptPort(
    port,
    {
      self: peer.id,
      config,
      codec,
      keys: fakeSignatures(peer.id),
      random,
      spare: spare.map((name) => ({ peer: name, keys: fakeSignatures(name) })),
      later: (delayMs, run) => world.schedule(delayMs, run),
      tell: (channel, bytes, isChosen = () => true) => {
        for (const to of network.audience(channel, peer.index)) {
          if (isChosen(to)) network.deliver(peer.index, to, bytes, peer.id);
        }
      },
      forgeBody: (_own, kind) => {
        const draw = random.next();
        return bodyOf(kind === 'other' ? draw : draw < 0.5 ? NaN : Infinity);
      },
    },
    kinds,
  );
}
