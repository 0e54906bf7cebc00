# Counts and traces what the kernel does by perf.
# @promise guest account
# @layer guest
# @refused kernel_cycles EACCES EPERM ENOSYS ENOENT
# @refused tracepoint EACCES EPERM ENOSYS ENOENT
# @refused all_processes EACCES EPERM ENOSYS ENOENT
# @refused tracefs EPERM EACCES ENOENT EROFS
import os
import struct
from attempt import attempt, call


def attributes(kind, config):
    return struct.pack("IIQQQQQ", kind, 112, config, 0, 0, 0, 0) + bytes(64)


call("kernel_cycles", 298, attributes(1, 0), 0, -1, -1, 0)
call("tracepoint", 298, attributes(2, 1), 0, -1, -1, 0)
call("all_processes", 298, attributes(1, 0), -1, 0, -1, 0)
attempt("tracefs", os.open, "/sys/kernel/tracing/trace_pipe", os.O_RDONLY)
