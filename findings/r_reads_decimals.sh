#!/usr/bin/env bash
# Text to double in R 4.2.2, as Debian 12 packages it for x86-64: `as.numeric`, `read.csv` and
# literals. Needs `apt-get download` of that release.
#
# Guess: a decimal number of few digits becomes the double nearest to it, as everywhere else; R's
#   printing may hide digits, its reading does not lose any.
# Seen: R takes the digits and the power of ten as 80-bit numbers, divides, and rounds the quotient
#   again to a double. Of the ten million numbers from 0.0000000 to 0.9999999 it reads 2303 one place
#   off, 0.0010549 for one. Both doubles print alike, and `<` and `==` tell them apart: the same CSV
#   is another table than in Python. No amount with two decimals below 100,000 is hit, so a test with
#   prices sees nothing. R for WebAssembly (webr 0.5.4, R 4.5.1), whose long numbers have 113 bits,
#   reads all 2303 right: R on one machine is not R on another.
# So: the bundle for R hands the texts of cells, and its table of limits, to C's strtod; numbers that
#   R has read already are taken as they are.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq r-base-core=4.2.2.20221110-2 libblas3 libgomp1 libicu72 libpcre2-8-0 \
    libreadline8 libtirpc3 2>/dev/null
for package in *.deb; do dpkg -x "$package" root; done
libraries=root/usr/lib/x86_64-linux-gnu
export R_HOME="$work/root/usr/lib/R" R_DEFAULT_PACKAGES=utils
export LD_LIBRARY_PATH="$R_HOME/lib:$work/$libraries:$work/$libraries/blas:$work/root/lib/x86_64-linux-gnu"
cat >read.R <<'R'
cat("R", as.character(getRversion()), "with", .Machine$longdouble.digits, "bits\n")
whole <- 0:9999999
texts <- sprintf("0.%07d", whole)
read <- as.numeric(texts)
nearest <- whole / 1e7 # both are exact, and a division is rounded once
off <- which(read != nearest)
cat(length(off), "of", length(whole), "numbers with seven decimals are not the nearest double\n")
for (k in off[1:3]) cat(sprintf("%s is %a, nearest %a\n", texts[k], read[k], nearest[k]))
by_file <- utils::read.csv(text = c("x", texts[off]))$x
by_literal <- vapply(texts[off], function(text) eval(parse(text = text)), 0)
stopifnot(by_file == read[off], by_literal == read[off])
cents <- sprintf("%d.%02d", whole %/% 100L, whole %% 100L)
cat(sum(as.numeric(cents) != whole / 100), "amounts with two decimals are off\n")
writeLines(sprintf("%s %a", texts[off], nearest[off]), "off")
stopifnot(length(off) == 2303, as.numeric(cents) == whole / 100)
R
"$R_HOME/bin/exec/R" --vanilla --no-echo -f read.R 2>errors || { cat errors; exit 1; }
python3.11 -c '
lines = [line.split() for line in open("off")]
assert all(float(text) == float.fromhex(nearest) for text, nearest in lines)
print("Python reads each of them as the nearest")'
