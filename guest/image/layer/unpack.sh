#!/bin/sh
# Unpacks the image that a recipe extends into the empty root file system $1. Runs outside of it.
set -eu
root=$1
chmod 1777 "$root/tmp"

# mmdebstrap has already written its sources and the host's name servers, which the image must not replace.
kept=$root/tmp/kept
mkdir "$kept"
for file in etc/resolv.conf etc/apt/sources.list; do
    [ ! -e "$root/$file" ] || mv "$root/$file" "$kept/"
done

# Everything but /tmp, which is in use, and /dev: a user namespace cannot make device nodes, and mmdebstrap mounts those of the host.
unsquashfs -force -no-progress -quiet -dest "$root" "$root/tmp/parent.squashfs" \
    bin boot etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys usr var >&2
rm "$root/tmp/parent.squashfs"
mkdir -p "$root/dev"

# Alternatives of Debian link manuals, which are not unpacked, and fail without their directories.
mkdir -p "$root/usr/share/man/man1"

mv "$root/etc/resolv.conf" "$root/etc/nsswitch.conf" "$root/tmp/layer/"
sed 's/^hosts:.*/hosts: files dns/' "$root/tmp/layer/nsswitch.conf" >"$root/etc/nsswitch.conf"
rm -f "$root/etc/apt/sources.list"
[ ! -e "$kept/resolv.conf" ] || mv "$kept/resolv.conf" "$root/etc/"
[ ! -e "$kept/sources.list" ] || mv "$kept/sources.list" "$root/etc/apt/"
rmdir "$kept"

# Newer files belong to the new layer.
touch "$root/tmp/layer/begin"
