#!/bin/sh
# Makes function.zip for AWS Lambda's runtime @RUNTIME@. For Graviton: ARCH=arm64 sh build.sh
# Needs python3 with venv and pip.
set -eu
cd "$(dirname "$0")"
version=${PYTHON_VERSION:-@VERSION@} zip=${ZIP:-function.zip}
case ${ARCH:-x86_64} in
x86_64) machine=x86_64 ;;
arm64 | aarch64) machine=aarch64 ;;
*) echo "got ARCH=$ARCH, expected x86_64 or arm64" >&2; exit 2 ;;
esac

# The runtime's own Python where there is one: then the very zip is verified on this machine.
if [ ! -x .venv/bin/python ]; then
    python=python3
    if python$version -c "" 2>/dev/null; then python=python$version; fi
    $python -m venv .venv
fi
pip() { .venv/bin/python -m pip -q --disable-pip-version-check "$@"; }
pip install -r requirements-verify.txt

rm -rf package
pip install --no-deps --no-compile --only-binary=:all: --implementation cp \
    --python-version "$version" --platform "manylinux_2_28_$machine" \
    --platform "manylinux_2_17_$machine" --target package -r requirements.txt
python3 pack.py package "" "$zip"
rm -rf package
