/**
 * Where the known data sets are published, and the checksums of their files. Mirrors are tried in order. SHA-256 sums
 * were computed from files whose published MD5 sums matched (MNIST) or from the original files; the MD5 sums are those
 * that the publishers give.
 */
export interface Checksum {
  readonly algorithm: 'sha256' | 'md5';
  readonly hex: string;
}

export interface DownloadFile {
  readonly name: string;
  readonly checksum: Checksum;
  /** Set for a .tar.gz: the files to take out of it, after which it is removed. */
  readonly unpack?: readonly string[];
}

export interface DownloadSource {
  /** Addresses that file names are appended to. */
  readonly mirrors: readonly string[];
  readonly files: readonly DownloadFile[];
}

const sha256 = (name: string, hex: string): DownloadFile => ({
  name,
  checksum: { algorithm: 'sha256', hex },
});
const md5 = (name: string, hex: string): DownloadFile => ({ name, checksum: { algorithm: 'md5', hex } });

export const DOWNLOAD_SOURCES: Readonly<Record<string, DownloadSource>> = {
  mnist: {
    mirrors: [
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
    ],
    files: [
      sha256(
        'train-images-idx3-ubyte.gz',
        '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      ),
      sha256(
        'train-labels-idx1-ubyte.gz',
        '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      ),
      sha256('t10k-images-idx3-ubyte.gz', '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'),
      sha256('t10k-labels-idx1-ubyte.gz', 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'),
    ],
  },
  'fashion-mnist': {
    mirrors: [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
      'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
    ],
    files: [
      md5('train-images-idx3-ubyte.gz', '8d4fb7e6c68d591d4c3dfef9ec88bf0d'),
      md5('train-labels-idx1-ubyte.gz', '25c81989df183df01b3e8a0aad5dffbe'),
      md5('t10k-images-idx3-ubyte.gz', 'bef4ecab320f06d8554ea6380940ec79'),
      md5('t10k-labels-idx1-ubyte.gz', 'bb300cfdad3c16e7a12a480ee83cd310'),
    ],
  },
  kmnist: {
    mirrors: ['http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
    files: [
      md5('train-images-idx3-ubyte.gz', 'bdb82020997e1d708af4cf47b453dcf7'),
      md5('train-labels-idx1-ubyte.gz', 'e144d726b3acfaa3e44228e80efcd344'),
      md5('t10k-images-idx3-ubyte.gz', '5c965bf0a639b31b8f53240b1b52f4d7'),
      md5('t10k-labels-idx1-ubyte.gz', '7320c461ea6c1c855c0b718fb2a4b134'),
    ],
  },
  cifar10: {
    mirrors: ['https://www.cs.toronto.edu/~kriz/', 'https://cave.cs.toronto.edu/kriz/'],
    files: [
      {
        ...md5('cifar-10-binary.tar.gz', 'c32a1d4ab5d03f1284b67883e8d87530'),
        unpack: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`).concat('test_batch.bin'),
      },
    ],
  },
  a9a: {
    mirrors: ['https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/'],
    files: [
      sha256('a9a', 'f5d5ffd8d865ff41328e7ee043e4b020816914ff6843ff15b98905ddbedce906'),
      sha256('a9a.t', '1f448a153f0320399a7e40836eb207655b0bde0f21fc941cc472193daa9f5de9'),
    ],
  },
  mushrooms: {
    mirrors: ['https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/'],
    files: [sha256('mushrooms', 'f39a4eb628dc61a7d43760815b061c9e497aa728ce1ad8bde57a09ef6043b538')],
  },
  'tiny-shakespeare': {
    mirrors: ['https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/'],
    files: [sha256('input.txt', '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed')],
  },
};
