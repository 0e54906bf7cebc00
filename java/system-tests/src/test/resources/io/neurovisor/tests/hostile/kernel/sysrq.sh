# Panics and restarts the machine by the magic key's file.
# @promise guest account
# @layer guest
# @refused enable EACCES EPERM ENOENT EROFS
# @refused crash EACCES EPERM ENOENT EROFS
# @refused restart EACCES EPERM ENOENT EROFS
# shellcheck source=/dev/null
source ./attempt.sh
attempt enable write /proc/sys/kernel/sysrq 1
attempt crash write /proc/sysrq-trigger c
attempt restart write /proc/sysrq-trigger b
