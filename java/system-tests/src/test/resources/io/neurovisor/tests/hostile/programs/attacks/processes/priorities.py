# Takes the processor for itself: realtime, deadline, negative niceness, other processors.
# @promise guest account
# @layer guest
# @refused realtime EPERM
# @refused round_robin EPERM
# @refused deadline EPERM
# @refused niceness EACCES EPERM
# @refused agent_niceness EPERM ESRCH EACCES
# @refused agent_affinity EPERM ESRCH
# @refused io_realtime EPERM
import ctypes
import os
from attempt import attempt, call

attempt("realtime", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
attempt("round_robin", os.sched_setscheduler, 0, os.SCHED_RR, os.sched_param(1))
deadline = (ctypes.c_uint64 * 7)(48 | 6 << 32, 0, 0, 10_000_000, 20_000_000, 20_000_000)
call("deadline", 314, 0, deadline, 0)
attempt("niceness", os.nice, -20)
attempt("agent_niceness", os.setpriority, os.PRIO_PROCESS, 1, 19)
attempt("agent_affinity", os.sched_setaffinity, 1, {0})
call("io_realtime", 251, 1, 0, 1 << 13)
