#!/bin/sh
# Runs as root inside the new root file system of a custom image, once its Debian packages are configured. $1 is the
# directory of this recipe and of the optional requirements.txt. A failing line fails the build.
set -eu
recipe=$1
[ ! -e "$recipe/requirements.txt" ] || sh /tmp/layer/python-packages.sh "$recipe"
