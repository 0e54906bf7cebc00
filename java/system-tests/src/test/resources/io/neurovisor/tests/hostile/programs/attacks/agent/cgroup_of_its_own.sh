# Leaves its control group and raises its limits.
# @promise guest account
# @layer guest
# @refused leave EACCES EPERM EROFS ENOENT
# @refused memory EACCES EPERM EROFS ENOENT
# @refused processes EACCES EPERM EROFS ENOENT
# @refused new_group EACCES EPERM EROFS
# @refused kill_all EACCES EPERM EROFS ENOENT
# @refused freeze EACCES EPERM EROFS ENOENT
# shellcheck source=/dev/null
source ./attempt.sh
group=/sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)
attempt leave write /sys/fs/cgroup/cgroup.procs $$
attempt memory write "$group/memory.max" max
attempt processes write "$group/pids.max" max
attempt new_group mkdir "$group/mine"
attempt kill_all write "$group/cgroup.kill" 1
attempt freeze write "$group/cgroup.freeze" 1
