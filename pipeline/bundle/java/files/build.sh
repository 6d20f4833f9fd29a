#!/bin/sh
# Compiles the library for the Java VM and the classes, into this folder. Needs cc and a JDK, 17 or newer.
set -eu
cd "$(dirname "$0")"
home=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
cc -std=c11 -O2 -shared -fPIC -I"$home/include" -I"$home/include/linux" -o libscorer.so jni.c score.c -ldl
javac -encoding UTF-8 -d . scorer/*.java
