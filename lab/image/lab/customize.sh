#!/bin/sh
# Runs as root inside the new root file system, once all packages are configured; $1 is the directory that holds this
# recipe. The result is packed read-only. A failing line fails the build.
set -eu
recipe=$1

release=$(ls /lib/modules)

# --- the start of the machine, and the script that runs commands in it
install -d /usr/lib/neurovisor-lab /lab
install -m 0755 "$recipe/start.sh" "$recipe/start-sshd.sh" "$recipe/run.sh" /usr/lib/neurovisor-lab/
install -m 0644 "$recipe/inittab" /etc/inittab
install -m 0644 "$recipe/sshd_config" /usr/lib/neurovisor-lab/
ln -s /bin/busybox /usr/lib/neurovisor-lab/init

# --- the initrd: busybox, the modules for the root file system, and the script that mounts it
initrd=$(mktemp -d)
install -d "$initrd/bin" "$initrd/modules" "$initrd/proc" "$initrd/sys" "$initrd/dev" "$initrd/lower" "$initrd/disk" "$initrd/root"
install -m 0755 /bin/busybox "$initrd/bin/busybox"
install -m 0755 "$recipe/initrd.sh" "$initrd/init"
for module in virtio_pci virtio_blk squashfs ext4 overlay; do
	# One line for each module in its order: insmod PATH, or builtin NAME.
	modprobe --set-version "$release" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
	name=$(basename "$path" .xz)
	case $path in
		*.xz) xz --decompress --stdout "$path" >"$initrd/modules/$name" ;;
		*) cp "$path" "$initrd/modules/$name" ;;
	esac
	echo "$name" >>"$initrd/modules/order"
done
(cd "$initrd" && find . | sort | busybox cpio -o -H newc) >/boot/lab.initrd
rm -rf "$initrd"
mv "/boot/vmlinuz-$release" /boot/lab.vmlinuz

# --- names: without a network they fail immediately instead of after a time-out
printf '127.0.0.1 localhost lab\n::1 localhost\n' >/etc/hosts
printf '# no network: names fail immediately\noptions timeout:1 attempts:1\n' >/etc/resolv.conf
printf 'lab\n' >/etc/hostname
: >/etc/machine-id

# --- each machine receives its own key
rm -f /etc/ssh/ssh_host_*
install -d -m 0755 /run/sshd

# --- remove what only the build needed
rm -rf /usr/share/doc-base /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /boot/initrd.img*
