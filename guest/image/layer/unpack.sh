#!/bin/sh
# Runs outside the new root file system $1 before anything is in it: unpacks the image that a recipe extends.
set -eu
root=$1
chmod 1777 "$root/tmp"

# mmdebstrap has written its sources and the host's name servers already; the image's own must not take their place.
kept=$root/tmp/kept
mkdir "$kept"
for file in etc/resolv.conf etc/apt/sources.list; do
    [ ! -e "$root/$file" ] || mv "$root/$file" "$kept/"
done

# All but /tmp, which is in use, and /dev, which a user namespace cannot make.
unsquashfs -force -no-progress -quiet -dest "$root" "$root/tmp/parent.squashfs" \
    bin boot etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys usr var >&2
rm "$root/tmp/parent.squashfs"

mv "$root/etc/resolv.conf" "$root/tmp/layer/resolv.conf"
rm -f "$root/etc/apt/sources.list"
[ ! -e "$kept/resolv.conf" ] || mv "$kept/resolv.conf" "$root/etc/"
[ ! -e "$kept/sources.list" ] || mv "$kept/sources.list" "$root/etc/apt/"
rmdir "$kept"

# What is newer than this file belongs to the new layer.
touch "$root/tmp/layer/begin"
