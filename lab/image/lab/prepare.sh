#!/bin/sh
# Runs as root inside the new root file system when only Debian's essential packages are there.
set -eu

# The JDK's packages fail where dpkg.cfg has left out the directory of manuals.
mkdir -p /usr/share/man/man1

# The machine starts from an initrd that customize.sh makes; Debian's own would only take time.
dpkg-divert --local --rename --divert /usr/sbin/update-initramfs.debian --add /usr/sbin/update-initramfs >/dev/null
ln -s /bin/true /usr/sbin/update-initramfs
