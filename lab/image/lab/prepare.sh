#!/bin/sh
# Runs as root inside the new root file system when only Debian's essential packages are installed.
set -eu

# The JDK's packages fail without the directory of manuals, which dpkg.cfg leaves out.
mkdir -p /usr/share/man/man1

# The machine boots the initrd that customize.sh makes; building Debian's own would only take time.
dpkg-divert --local --rename --divert /usr/sbin/update-initramfs.debian --add /usr/sbin/update-initramfs >/dev/null
ln -s /bin/true /usr/sbin/update-initramfs
