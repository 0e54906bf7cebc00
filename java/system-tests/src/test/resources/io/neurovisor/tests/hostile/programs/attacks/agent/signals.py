# Kills the agent by every call that sends a signal.
# @promise guest account
# @layer guest
# @refused kill EPERM ESRCH
# @refused tkill EPERM ESRCH
# @refused tgkill EPERM ESRCH
# @refused sigqueue EPERM ESRCH
# @refused tgsigqueue EPERM ESRCH
# @refused pidfd EPERM ESRCH EINVAL
import ctypes
import os
import signal
from attempt import attempt, call

call("kill", 62, 1, 9)
call("tkill", 200, 1, 9)
call("tgkill", 234, 1, 1, 9)
info = (ctypes.c_int * 32)(9, 0, -1)
call("sigqueue", 129, 1, 9, info)
call("tgsigqueue", 297, 1, 1, 9, info)
attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(1), 9))
