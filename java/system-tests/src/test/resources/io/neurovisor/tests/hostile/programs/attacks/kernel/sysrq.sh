# Panics and restarts the machine by the magic key's file.
# @promise guest account
# @layer guest
# @refused enable EACCES EPERM ENOENT EROFS
# @held crash
# @held restart
# shellcheck source=/dev/null
source ./attempt.sh
attempt enable write /proc/sys/kernel/sysrq 1
# What is in its place swallows what is written, and the machine runs on.
swallowed() {
    write /proc/sysrq-trigger "$1"
    [[ $(stat -c %t:%T /proc/sysrq-trigger) == 1:3 ]]
}
held crash swallowed c
held restart swallowed b
