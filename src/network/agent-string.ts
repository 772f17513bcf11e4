/**
 * What a peer calls itself in libp2p's identify protocol: the version of Synod's protocol that it speaks, so that two
 * releases that cannot run together can say why.
 */
const AGENT = /^synod protocol\/(\d{1,6})$/;

export function agentOf(protocolVersion: number): string {
  return `synod protocol/${protocolVersion}`;
}

/** The protocol version that an agent string names; undefined where it names none. */
export function versionIn(agent: string | undefined): number | undefined {
  const digits = AGENT.exec(agent ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
