#!/bin/sh
# Fetches libonnxruntime.so into this folder: onnxruntime VERSION for this machine's Linux, out of its
# package for Python. Needs python3 with pip. With another library, set ORT_LIB to its path instead.
set -eu
cd "$(dirname "$0")"
python3 -m pip download -q --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.11 --platform "manylinux_2_28_$(uname -m)" -d wheel "onnxruntime==VERSION"
python3 - <<'END'
import glob, shutil, zipfile

with zipfile.ZipFile(glob.glob("wheel/onnxruntime-*.whl")[0]) as wheel:
    (name,) = (each for each in wheel.namelist() if "/libonnxruntime.so" in each)
    with wheel.open(name) as source, open("libonnxruntime.so", "wb") as library:
        shutil.copyfileobj(source, library)
END
rm -r wheel
