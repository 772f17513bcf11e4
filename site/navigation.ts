/** The order of the pages of the documentation: groups as the side of every page shows them. Paths are below docs/. */

export interface PageGroup {
  readonly title: string;
  readonly pages: readonly string[];
}

export const NAVIGATION: readonly PageGroup[] = [
  { title: 'Start', pages: ['index.md', 'quick-start.md', 'concepts.md', 'glossary.md', 'first-run.md'] },
  {
    title: 'Use',
    pages: [
      'simulating.md',
      'running-a-peer.md',
      'testnet.md',
      'watching.md',
      'operations.md',
      'own-task.md',
      'examples/my-task/README.md',
      'data.md',
      'backends.md',
    ],
  },
  {
    title: 'Methods and their papers',
    pages: [
      'aggregation.md',
      'attacks.md',
      'estimation.md',
      'compression.md',
      'which-rule.md',
      'reproductions.md',
    ],
  },
  {
    title: 'Reference',
    pages: ['cli.md', 'experiment.md', 'metrics.md', 'events.md', 'library.md', 'performance.md'],
  },
  {
    title: 'Library',
    pages: [
      'api/README.md',
      'api/synod/aggregation.md',
      'api/synod/attacks.md',
      'api/synod/compression.md',
      'api/synod/peer.md',
      'api/synod/simulate.md',
      'api/synod/task.md',
      'api/synod/verify.md',
    ],
  },
  {
    title: 'Trust',
    pages: ['plain-threats.md', 'threat-model.md', 'committee.md', 'identity.md', 'reliability.md'],
  },
  {
    title: 'How it works',
    pages: [
      'protocol.md',
      'wire.md',
      'network.md',
      'storage.md',
      'architecture.md',
      'dependencies.md',
      'decisions/abandonment.md',
      'decisions/announce-and-pull.md',
      'decisions/callbacks.md',
      'decisions/ecvrf.md',
      'decisions/gram-space.md',
      'decisions/libp2p-2.md',
      'decisions/moving-the-house.md',
      'decisions/packed-rows.md',
      'decisions/versions.md',
    ],
  },
];
