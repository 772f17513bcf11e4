/**
 * A task by description: what an experiment file states and what a worker thread is sent. `open-task.ts` turns it into
 * a Task; every field but a path is part of the experiment's digest.
 */
export type TaskSpec =
  /**
   * `binary`: one score, labels {0, 1}, mean cross-entropy + (l2 / 2) ||w||^2 and by default no bias (the a9a form of
   * arXiv 2311.14127); `softmax`: one score a class.
   */
  | {
      readonly kind: 'logistic-regression';
      readonly form: 'binary' | 'softmax';
      readonly l2?: number;
      readonly bias?: boolean;
    }
  /** Fully connected, ReLU between layers; `hidden` are the widths of the hidden layers. */
  | { readonly kind: 'mlp'; readonly hidden: readonly number[]; readonly l2?: number }
  /** LeNet-5 with ReLU and max pooling, its channels and units times `width`; batch normalisation after each convolution where asked for. */
  | { readonly kind: 'lenet'; readonly batchNorm?: boolean; readonly width?: number }
  /** The MNIST network of CTMA's released code (arXiv 2405.14759). */
  | { readonly kind: 'ctma-cnn' }
  /** The MNIST network of Byz-VR-MARINA-PP's heuristic experiments (arXiv 2311.14127). */
  | { readonly kind: 'marina-cnn' }
  /** ResNet-18 for 32 x 32 images (He et al. 2016; 3 x 3 stem, no first pooling); `width` channels in the first stage. */
  | { readonly kind: 'resnet-18'; readonly norm?: 'batch' | 'group' | 'layer'; readonly width?: number }
  /** Decoder-only transformer over characters (GPT-2's block: pre-norm, GELU, learned positions, tied output). */
  | {
      readonly kind: 'transformer';
      readonly layers: number;
      readonly heads: number;
      readonly width: number;
    }
  /** A TF.js Layers model saved on disk (`tf.LayersModel.save`): the path of its model.json. */
  | ({ readonly kind: 'layers-model' } & TaskFiles)
  /** A module whose default export is `defineTask({ ... })`. */
  | ({ readonly kind: 'task-module' } & TaskFiles);

export interface TaskFiles {
  /** On this machine: it differs from peer to peer and enters no digest. */
  readonly path: string;
  /** SHA-256 of the files' bytes (`taskDigest`); where it is given, files with another one are refused. */
  readonly digest?: string;
}
