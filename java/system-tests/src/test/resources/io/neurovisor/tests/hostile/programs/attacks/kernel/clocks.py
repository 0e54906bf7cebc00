# Sets the machine's clocks.
# @promise guest account
# @layer guest
# @refused settimeofday EPERM
# @refused clock_settime EPERM
# @refused adjtimex EPERM
# @refused rtc EACCES ENOENT EPERM
import ctypes
import os
import time
from attempt import attempt, call

now = (ctypes.c_long * 2)(0, 0)
call("settimeofday", 164, now, 0)
attempt("clock_settime", time.clock_settime, time.CLOCK_REALTIME, 0)
mode = ctypes.create_string_buffer(208)
mode[0] = 1
call("adjtimex", 159, mode)
attempt("rtc", os.open, "/dev/rtc0", os.O_RDONLY)
