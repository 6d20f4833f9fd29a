#!/bin/sh
# Compiles the shim and the classes with the verifier, into this folder. Needs cc and Mono's mcs.
set -eu
cd "$(dirname "$0")"
cc -std=c11 -O2 -shared -fPIC -o libscorer.so score.c -ldl
mcs -out:scorer.exe -r:System.Numerics.dll scorer/*.cs
