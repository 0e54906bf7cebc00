#!/usr/bin/env bash
# Runs inside the lab machine: systemd.sh COMMAND... starts systemd as the first process of separate namespaces and a control
# group, runs the command there, and ends everything with the command. There the repository is /opt/neurovisor and belongs to
# root, and /var/lib/neurovisor is the machine's data directory.
set -euo pipefail
readonly self=$0 group=/sys/fs/cgroup/lab-systemd patience_seconds=180
readonly home=/opt/neurovisor data=/var/lib/neurovisor

main() {
    local booter state=''
    (($# > 0)) || { echo 'lab: no command is named' >&2 && exit 2; }
    mkdir -- "$group"
    trap 'end_all' EXIT
    echo '+cpu +memory +pids' >"${group%/*}/cgroup.subtree_control"
    unshare --fork --kill-child --pid --mount --propagation private -- "$self" --boot </dev/null &
    booter=$!
    until [[ $state == running || $state == degraded ]]; do
        if ((SECONDS >= patience_seconds)) || ! kill -0 "$booter" 2>/dev/null; then
            echo 'lab: systemd does not start' >&2
            exit 1
        fi
        sleep 0.5
        init=$(pgrep -P "$booter") || continue
        state=$(enter systemctl is-system-running --wait 2>/dev/null) || true
    done
    [[ $state == running ]] || enter systemctl --no-pager list-units --failed >&2
    echo "lab: systemd is $state after $SECONDS s" >&2
    enter env "PWD=$home" "NEUROVISOR_DATA_DIR=$data" "$@"
}

# A process outside of the control group that is the root of the namespace would see its own group as an ancestor of that.
enter() (
    mkdir -p -- "$group/command"
    echo 0 >"$group/command/cgroup.procs"
    exec nsenter --target "$init" --mount --pid --cgroup --wdns="$home" -- "$@"
)

# The first process of the new process namespace: alone in its control group, which becomes the root of a namespace as well.
boot() {
    echo 0 >"$group/cgroup.procs"
    exec unshare --cgroup -- "$self" --in-namespaces
}

start_systemd() {
    mount -t proc proc /proc
    umount /sys/fs/cgroup
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
    mkdir -p -- "$home" "$data"
    mount --bind . "$home"
    mount --bind -- "$NEUROVISOR_DATA_DIR" "$data"
    find "$home" \( ! -user root -o -perm /022 \) ! -type l -exec chown 0:0 {} + -exec chmod go-w {} +
    mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run
    # These units of a whole machine have been done already.
    mount -t tmpfs tmpfs /usr/lib/systemd/system-generators
    mount -t tmpfs tmpfs /usr/lib/systemd/system/sysinit.target.wants
    exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /usr/lib/systemd/systemd --system --unit=basic.target
}

end_all() {
    echo 1 >"$group/cgroup.kill"
    wait 2>/dev/null # Without the shell's message about killed jobs.
    # shellcheck disable=SC2016 # The inner shell's own.
    # Killed processes end soon, but not immediately.
    timeout 30 sh -c 'until find "$1" -depth -type d -exec rmdir -- {} + 2>/dev/null; do sleep 0.1; done' - "$group" || true
}

case ${1-} in
    --boot) boot ;;
    --in-namespaces) start_systemd ;;
    *) main "$@" ;;
esac
