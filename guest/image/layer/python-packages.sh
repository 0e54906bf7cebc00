#!/bin/sh
# Runs as root inside a root file system that extends another image. Installs the packages of $1/requirements.txt, before Debian's
# directory on the module search path, so that a requested version takes precedence. Lists them in $1/python-packages.txt.
set -eu
recipe=$1
echo "I: installing Python packages" >&2
before=/tmp/python-before
python3 -m pip list --format=freeze | sort >"$before"
PIP_NO_INDEX=0 python3 -m pip install --no-compile --no-input --no-color --progress-bar off --root-user-action ignore \
	--requirement "$recipe/requirements.txt" >&2
python3 -m pip list --format=freeze | sort | comm -13 "$before" - >"$recipe/python-packages.txt"
rm "$before"
