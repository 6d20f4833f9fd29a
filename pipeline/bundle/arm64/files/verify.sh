# Replays the proof on ARM64; where the machine is none, on an emulated Cortex-A72, as in a Raspberry Pi 4.
set -eu
cd "$(dirname "$0")"
case "$(uname -m)" in aarch64 | arm64) exec .venv/bin/python verify.py "$@" ;; esac
PYTHONPATH=.arm64/packages exec .arm64/qemu-aarch64 -L .arm64/root -cpu cortex-a72 \
    .arm64/root/usr/bin/python3.11 verify.py "$@"
