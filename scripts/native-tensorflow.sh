#!/usr/bin/env bash
# Gives @tensorflow/tfjs-node native TensorFlow where its own download of libtensorflow is out of reach: takes the shared
# libraries and headers out of the `tensorflow-cpu` Python wheel and builds the package's binding against them.
# Needs: Python 3 with pip, unzip, make, a C++ compiler, the headers of Node (node-gyp finds or downloads them; set
# `npm config set nodedir DIR` where they lie elsewhere). Usage: scripts/native-tensorflow.sh [FOLDER FOR THE WHEEL]
set -euo pipefail
cd "$(dirname "$0")/.."

wheel_version=${TENSORFLOW_VERSION:-2.21.0}
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/synod/tensorflow}
package=node_modules/@tensorflow/tfjs-node

if [ ! -d "$package/binding" ]; then
  echo "native-tensorflow: $package is not installed (npm install @tensorflow/tfjs-node --no-save --ignore-scripts)" >&2
  exit 2
fi
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

if [ ! -e "$cache/tensorflow/libtensorflow_cc.so.2" ]; then
  if ! ls "$cache"/wheels/tensorflow_cpu-"$wheel_version"-*.whl >/dev/null 2>&1; then
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" download --quiet --no-deps -d "$cache/wheels" "tensorflow-cpu==$wheel_version"
  fi
  unzip -q -o "$cache"/wheels/tensorflow_cpu-"$wheel_version"-*.whl 'tensorflow/lib*.so*' 'tensorflow/include/*' -d "$cache"
fi

mkdir -p "$package/deps/lib"
ln -sfn "$cache/tensorflow/include" "$package/deps/include"
for library in libtensorflow_cc.so.2 libtensorflow_framework.so.2; do
  ln -sf "$cache/tensorflow/$library" "$package/deps/lib/$library"
done
# the names that the binding is linked by
ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"

npm_root=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
node_gyp=$npm_root/node_modules/node-gyp/bin/node-gyp.js
nodedir=$(npm config get nodedir 2>/dev/null || true)
arguments=(--module_name=tfjs_binding "--module_path=$PWD/$package/lib/napi-v8" --napi_build_version=8)
if [ -n "$nodedir" ] && [ "$nodedir" != undefined ]; then arguments+=("--nodedir=$nodedir"); fi
(cd "$package" && node "$node_gyp" rebuild --loglevel=error "${arguments[@]}" >/dev/null)

TF_CPP_MIN_LOG_LEVEL=2 node -e "
  const tf = require('@tensorflow/tfjs-node');
  process.stdout.write('TensorFlow ' + tf.backend().binding.TF_Version + ' serves @tensorflow/tfjs-node\n');
"
