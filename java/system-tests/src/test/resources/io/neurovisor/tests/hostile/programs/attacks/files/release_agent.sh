# Has the kernel start a program outside by a control group's release_agent.
# @promise guest account
# @layer guest
# @refused mount_v1 EPERM
# @refused mount_v2 EPERM
# @refused release_agent EACCES ENOENT EPERM EROFS
# @refused notify EACCES ENOENT EPERM EROFS
# shellcheck source=/dev/null
source ./attempt.sh
mkdir groups
attempt mount_v1 mount -t cgroup -o rdma cgroup groups
attempt mount_v2 mount -t cgroup2 none groups
attempt release_agent write /sys/fs/cgroup/release_agent /tmp/mine
attempt notify write /sys/fs/cgroup/notify_on_release 1
