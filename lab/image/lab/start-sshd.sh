#!/bin/sh
# start-sshd.sh CONFIGURATION: returns when an sshd accepts connections. The sshd command returns earlier; its background process
# writes PidFile when it listens.
set -eu
patience_seconds=120

pid_file=$(sed -n 's/^PidFile //p' "$1")
rm -f "$pid_file"
/usr/sbin/sshd -f "$1"
timeout "$patience_seconds" sh -c 'until test -s "$1"; do sleep 0.05; done' sh "$pid_file" || {
	echo "lab: sshd does not listen after $patience_seconds s" >&2
	exit 1
}
