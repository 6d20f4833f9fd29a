#!/usr/bin/env bash
# GLMMEncoder of category_encoders 2.7.0 (statsmodels 0.15.0) on the same rows, with two of the kernels that
# OpenBLAS chooses from by the processor. Needs a processor with AVX2.
#
# Guess: an encoder that can be fitted to a table on one machine can be fitted to it on another; the
#   encodings may differ in their last digits.
# Seen: where a category explains next to nothing, the optimiser of the mixed model ends at a variance of
#   exactly zero or a little above it, by the last digits of BLAS. Zero is an error, "Cannot predict random
#   effects from singular covariance structure", and what is little above it is a fitted encoder: of 60
#   samples of one table seven are refused with one kernel and fitted with the other.
# So: a preprocessing option of PyCaret can end a training on one processor and not on the next, with the
#   same lock and seed; our page of what converts is not held to such cases.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check category_encoders==2.7.0 \
    statsmodels==0.15.0 numpy==1.26.4 scipy==1.11.4 pandas==2.1.4 scikit-learn==1.4.2 2>/dev/null
"$work/venv/bin/pip" install -q --disable-pip-version-check --no-deps insurance==0.0.5 2>/dev/null
cd "$work"
cat > fitted.py <<'PYTHON'
import warnings
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
from category_encoders import GLMMEncoder

warnings.filterwarnings("ignore")
(folder,) = find_spec("my_model").submodule_search_locations
parts = [pd.read_csv(Path(folder, "datasets", f"{name}.csv")) for name in ("train", "test")]
table = pd.concat(parts, ignore_index=True)
for seed in range(60):
    rows = table.sample(frac=0.7, random_state=seed)
    try:
        GLMMEncoder(binomial_target=False).fit(rows[["region"]], rows["charges"])
        print("fitted", end=" ")
    except ValueError as err:
        assert "singular covariance structure" in str(err)
        print("-", end=" ")
PYTHON
for kernel in Prescott Haswell; do
    OPENBLAS_NUM_THREADS=1 OPENBLAS_CORETYPE=$kernel venv/bin/python fitted.py > "$kernel.txt"
    echo "$kernel: $(cat "$kernel.txt")"
done
! cmp -s Prescott.txt Haswell.txt
