#!/bin/sh
# Runs as root inside the new root file system of a custom image, once its Debian packages are configured. $1 is the
# directory of this recipe and of the optional requirements.txt; the others are modules that templates import. A failing line fails
# the build.
set -eu
recipe=$1
shift
[ ! -e "$recipe/requirements.txt" ] || sh /tmp/layer/python-packages.sh "$recipe"
[ $# -gt 0 ] || exit 0

# --- what the import of each module loads, as a cell in an empty home
echo "I: importing $*" >&2
home=$(mktemp -d)
chown user:user "$home"
cd "$home"
env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
	setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs \
	python3 /usr/lib/neurovisor/record_modules.py "$@" >/usr/lib/neurovisor/drivers/preload.json
cd /
rm -rf "$home" /tmp/neurovisor-ipython-*
