# Installs what scores: on ARM64 into .venv; elsewhere into .arm64, with Debian's Python for ARM64 and an emulator.
set -eu
cd "$(dirname "$0")"
case "$(uname -m)" in aarch64 | arm64)
    python3 -m venv .venv
    exec .venv/bin/pip install -q --disable-pip-version-check -r requirements.txt
esac

mkdir -p .arm64
unpack() { mmdebstrap --quiet --variant=extract "$@"; }
[ -d .arm64/root/usr ] || unpack --architectures=arm64 \
    --include=python3.11-minimal,libpython3.11-stdlib,libstdc++6,libgomp1 bookworm .arm64/root
# bookworm's own emulator, 7.2, crashes in onnxruntime
[ -x .arm64/qemu-aarch64 ] || {
    unpack --include=qemu-user trixie .arm64/emulator
    mv .arm64/emulator/usr/bin/qemu-aarch64 .arm64/qemu-aarch64
    rm -rf .arm64/emulator
}
python3 -m venv .arm64/pip
.arm64/pip/bin/pip install -q --disable-pip-version-check --target .arm64/packages --upgrade \
    --platform manylinux_2_28_aarch64 --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 \
    --python-version 3.11 --only-binary=:all: --no-deps -r requirements.txt
