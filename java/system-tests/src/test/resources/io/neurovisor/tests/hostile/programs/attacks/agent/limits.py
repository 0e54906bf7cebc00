# Raises the limits that were set on it.
# @promise guest account
# @layer guest
# @refused files EPERM
# @refused size EPERM
# @refused core EPERM
# @refused nice EPERM EACCES
# @refused realtime EPERM
# @refused oom_score EACCES EPERM
# @held changes 0
import os
import resource
from attempt import attempt, held, write


def raise_limit(which):
    try:
        resource.setrlimit(which, (1 << 40, 1 << 40))
    except ValueError as error:
        raise OSError(1, str(error)) from None


attempt("files", raise_limit, resource.RLIMIT_NOFILE)
attempt("size", raise_limit, resource.RLIMIT_FSIZE)
attempt("core", raise_limit, resource.RLIMIT_CORE)
attempt("nice", os.setpriority, os.PRIO_PROCESS, 0, -20)
attempt("realtime", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(99))
attempt("oom_score", write, "/proc/self/oom_score_adj", "-1000")
score = int(open("/proc/self/oom_score_adj").read())
held("changes", score == 0, score)
