#!/bin/bash
# run.sh OUTPUT DIRECTORY COMMAND... runs a command in the host's current repository, mounted at the same path: reads come from
# the host, writes go to a scratch directory that is removed afterwards. The host can fetch the files that the command leaves in
# $LAB_OUT, the directory OUTPUT. Ends with the command's exit code.
#
# The parent of this script is sshd's end of the connection, and its death raises SIGHUP (setpriv --pdeathsig): the client has
# gone or pressed Ctrl-C, so all processes of the command are ended.
set -u
readonly grace_seconds=20

mount_repository() {
    mkdir -p "$scratch/lower" "$scratch/upper" "$scratch/work" "$1" &&
        mount_lower &&
        mount -t overlay -o "lowerdir=$scratch/lower,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$1" &&
        cd "$1"
}

# Each command has its own mount, without cached earlier states. It uses a device with the tag that has no mount yet.
mount_lower() {
    local message
    message=$(LC_ALL=C mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=524288,cache=loose repository "$scratch/lower" 2>&1) && return
    if [[ $message == *busy* ]]; then
        printf 'lab: %s commands see the repository already, and this machine has no device for another one; %s\n' \
            "$(cat /sys/bus/virtio/drivers/9pnet_virtio/virtio*/mount_tag | tr '\0' '\n' | grep -cx repository)" \
            'wait for one to end, or start another machine: ./neurovisor lab up --name OTHER'
    else
        printf 'lab: the repository cannot be mounted: %s\n' "$message"
    fi >&2
    return 1
}

export NEUROVISOR_IN_LAB=1
if [[ -r /run/neurovisor-lab/java_home ]]; then JAVA_HOME=$(</run/neurovisor-lab/java_home) && export JAVA_HOME; fi

if [[ $1 == --in-namespace ]]; then
    scratch=$2
    mount_repository "$3" || exit 125
    exec "${@:4}"
fi

stop() {
    trap '' HUP INT TERM
    kill -INT -- "-$command" 2>/dev/null
    # The command may clean up; then the rest of its process group is killed. A tail whose standard output is closed would end
    # immediately.
    timeout "$grace_seconds" tail --pid="$command" -f /dev/null >/dev/null
    kill -KILL -- "-$command" 2>/dev/null
}

export LAB_OUT=$1
shift
mkdir -p /lab/commands "$LAB_OUT"
scratch=$(mktemp -d /lab/commands/XXXXXXXX)
trap 'rm -rf -- "$scratch"; rmdir -- "$LAB_OUT" 2>/dev/null' EXIT
run=(unshare --mount --propagation private -- "$0" --in-namespace "$scratch" "$@")
if [[ -t 0 ]]; then
    # The terminal sends the signals.
    trap : INT
    "${run[@]}"
    exit
fi
set -m # A separate process group with the same standard input.
"${run[@]}" &
command=$!
set +m
trap stop HUP INT TERM
# A signal ends the first wait early.
wait "$command"
wait "$command"
