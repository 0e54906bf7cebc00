# Takes the agent over by ptrace, its memory file and the calls that read and write memory of others.
# @short
# @promise guest account
# @layer guest
# @refused attach EPERM ESRCH ENOSYS
# @refused seize EPERM ESRCH ENOSYS
# @refused memory_file EACCES EPERM ENOENT
# @refused read_memory EPERM ESRCH ENOSYS
# @refused write_memory EPERM ESRCH ENOSYS
# @refused advise EPERM ESRCH ENOSYS EINVAL
# @refused steal_descriptor EPERM ESRCH ENOSYS
import ctypes
import os
from attempt import attempt, call

call("attach", 101, 16, 1, 0, 0)
call("seize", 101, 0x4206, 1, 0, 0)
attempt("memory_file", os.open, "/proc/1/mem", os.O_RDWR)
here = ctypes.create_string_buffer(8)
vector = (ctypes.c_uint64 * 2)(ctypes.addressof(here), 8)
call("read_memory", 310, 1, vector, 1, vector, 1, 0)
call("write_memory", 311, 1, vector, 1, vector, 1, 0)
agent = os.pidfd_open(1)
call("advise", 440, agent, vector, 1, 4, 0)
call("steal_descriptor", 438, agent, 0, 0)
