# Reads the logs of kernel and agent.
# @promise guest account
# @layer guest
# @refused dmesg EPERM EACCES unknown.*
# @refused kmsg EACCES EPERM ENOENT
# @refused journal ENOENT EACCES unknown.*
# @refused syslog EPERM
# shellcheck source=/dev/null
source ./attempt.sh
attempt dmesg dmesg
attempt kmsg head -c 1 /dev/kmsg
attempt journal cat /var/log/syslog /var/log/messages
# SYSLOG_ACTION_READ_ALL
attempt syslog python3 -c '
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if libc.klogctl(3, ctypes.create_string_buffer(4096), 4096) < 0:
    raise SystemExit(os.strerror(ctypes.get_errno()))'
