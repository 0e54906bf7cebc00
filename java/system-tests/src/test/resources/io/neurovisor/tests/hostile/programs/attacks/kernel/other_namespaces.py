# Asks for a mount, network, process, IPC, hostname, control group and time namespace of its own.
# @promise guest account
# @layer guest
# @refused mount EPERM
# @refused network EPERM EINVAL
# @refused process EPERM EINVAL
# @refused ipc EPERM EINVAL
# @refused hostname EPERM EINVAL
# @refused cgroup EPERM
# @refused time EPERM EINVAL
from attempt import call

for what, flag in (
    ("mount", 0x00020000),
    ("network", 0x40000000),
    ("process", 0x20000000),
    ("ipc", 0x08000000),
    ("hostname", 0x04000000),
    ("cgroup", 0x02000000),
    ("time", 0x00000080),
):
    call(what, 272, flag)
