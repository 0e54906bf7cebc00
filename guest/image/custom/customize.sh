#!/bin/sh
# Runs as root inside the new root file system of a custom image, once its Debian packages are configured. $1 is the
# directory of this recipe and of the optional requirements.txt. A failing line fails the build.
set -eu
recipe=$1
[ -e "$recipe/requirements.txt" ] || exit 0

# Installs before Debian's directory on the module search path, so that a requested version takes precedence.
echo "I: installing Python packages" >&2
before=/tmp/python-before
python3 -m pip list --format=freeze | sort >"$before"
PIP_NO_INDEX=0 python3 -m pip install --no-compile --no-input --no-color --progress-bar off --root-user-action ignore \
	--requirement "$recipe/requirements.txt" >&2
python3 -m pip list --format=freeze | sort | comm -13 "$before" - >"$recipe/python-packages.txt"
rm "$before"
