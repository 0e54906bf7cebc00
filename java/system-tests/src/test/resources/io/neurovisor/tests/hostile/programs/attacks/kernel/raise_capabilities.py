# Takes capabilities: by capset, by its user, by a program of root's, by the ambient set.
# @promise guest account
# @layer guest
# @refused capset EPERM
# @refused setuid EPERM
# @refused setgroups EPERM
# @refused ambient EPERM
# @held child 1000
# @held no_new_privs 1
import ctypes
import os
import subprocess
from attempt import attempt, call, held

header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)(*(0xFFFFFFFF,) * 6)
call("capset", 126, header, data)
attempt("setuid", os.setuid, 0)
attempt("setgroups", os.setgroups, [0])
call("ambient", 157, 47, 2, 21, 0, 0)
shown = subprocess.run(["id", "-u"], capture_output=True, text=True).stdout.strip()
held("child", shown == "1000", shown)
status = dict(line.split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
held("no_new_privs", status["NoNewPrivs"].strip() == "1", status["NoNewPrivs"].strip())
