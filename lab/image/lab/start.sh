#!/bin/sh
# Starts the machine: file systems, KVM, a network to the host only, and sshd. Then reports that it is ready.
set -eu
# A failed start ends the machine, which the host notices; the reason is on the console.
trap 'echo "lab: the start failed" >/dev/console; busybox poweroff -f' EXIT
exec >/dev/console 2>&1

mkdir -p /dev/pts /dev/shm
mount -t devpts -o mode=0620,ptmxmode=0666,gid=5 devpts /dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
mount -t securityfs securityfs /sys/kernel/security
mount -t bpf -o mode=0700 bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing
mkdir -p /run/sshd /run/lock /run/neurovisor-lab
ln -sfn /proc/self/fd /dev/fd

hostname lab
ip link set lo up
modprobe --all kvm_amd tun virtio_net virtio_rng 9pnet_virtio
chmod 0666 /dev/kvm /dev/net/tun
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up

# The parameters of the host: the keys of this machine and the path of the repository.
install -d -m 0700 /run/neurovisor-lab/seed
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144 seed /run/neurovisor-lab/seed
install -m 0600 /run/neurovisor-lab/seed/host_key /run/neurovisor-lab/host_key
install -m 0600 /run/neurovisor-lab/seed/user_key.pub /run/neurovisor-lab/authorized_keys

# The host's JDK at its own path, so that its class caches can be used, unless the JDK depends on other files of the host.
if [ -r /run/neurovisor-lab/seed/jdk ]; then
	jdk=$(cat /run/neurovisor-lab/seed/jdk)
	mkdir -p "$jdk"
	mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=524288,cache=loose jdk "$jdk"
	if "$jdk/bin/java" -Xshare:auto -version >/dev/null 2>&1; then
		printf '%s\n' "$jdk" >/run/neurovisor-lab/java_home
	else
		umount "$jdk"
	fi
fi

# They belonged to the host's user; here they belong to root.
chown -R 0:0 /lab/data
/usr/lib/neurovisor-lab/start-sshd.sh /usr/lib/neurovisor-lab/sshd_config
echo ready >/dev/ttyS1
trap - EXIT
