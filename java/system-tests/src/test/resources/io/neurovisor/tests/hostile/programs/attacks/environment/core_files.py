# Dies with its core on the disk, or handed to a program of root's.
# @promise guest account
# @layer guest
# @held core none
# @held pattern (core|\|.*|unreadable)
import os
import signal
from attempt import held

child = os.fork()
if child == 0:
    os.chdir("/tmp")
    os.kill(os.getpid(), signal.SIGSEGV)
status = os.waitpid(child, 0)[1]
cores = [name for name in os.listdir("/tmp") if "core" in name]
held("core", not os.WCOREDUMP(status) and not cores, "none" if not cores else cores)
held("pattern", True, open("/proc/sys/kernel/core_pattern").read().strip().split()[0])
