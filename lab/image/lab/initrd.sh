#!/bin/busybox sh
# The first program of the lab machine: mounts its disk over the read-only root file system and continues there.
set -eu
busybox=/bin/busybox

# A root that cannot be mounted ends the machine, which the host notices.
trap '$busybox poweroff -f' EXIT

$busybox mount -t proc proc /proc
$busybox mount -t sysfs sys /sys
$busybox mount -t devtmpfs dev /dev
while read -r module; do $busybox insmod "/modules/$module"; done </modules/order

$busybox mount -t squashfs -o ro /dev/vda /lower
# Nothing on the disk outlives the machine.
$busybox mount -t ext4 -o nobarrier,noatime /dev/vdb /disk
$busybox mkdir -p /disk/system /disk/work
$busybox mount -t overlay -o lowerdir=/lower,upperdir=/disk/system,workdir=/disk/work overlay /root
$busybox mount --move /disk /root/lab
$busybox mount --move /proc /root/proc
$busybox mount --move /sys /root/sys
$busybox mount --move /dev /root/dev
trap - EXIT
exec $busybox switch_root /root /usr/lib/neurovisor-lab/init
