#!/bin/sh
# Makes function.zip for AWS Lambda's runtime @RUNTIME@. For Graviton: ARCH=arm64 sh build.sh
# Needs npm, and python3 to write the zip.
set -eu
cd "$(dirname "$0")"
case ${ARCH:-x86_64} in
x86_64) other=arm64 ;;
arm64 | aarch64) other=x64 ;;
*) echo "got ARCH=$ARCH, expected x86_64 or arm64" >&2; exit 2 ;;
esac

npm install --silent --ignore-scripts
# onnxruntime-node needs the other packages only while it is installed.
rm -rf package
mkdir package
cp -R node_modules/onnxruntime-node node_modules/onnxruntime-common package
rm -r "package/onnxruntime-node/bin/napi-v6/linux/$other"
python3 pack.py package node_modules/ "${ZIP:-function.zip}"
rm -rf package
