#!/bin/sh
# Runs as root inside the new root file system when only Debian's essential packages are there.
set -eu

# customize.sh compiles all Python modules in one go, in parallel and in a form that stays valid. Debian's own compiler
# would do most of that work a first time, package by package; until customize.sh removes this stand-in, it does nothing.
dpkg-divert --local --rename --divert /usr/bin/py3compile.debian --add /usr/bin/py3compile >/dev/null
ln -s /bin/true /usr/bin/py3compile
