# Executes from shared memory, from /dev and from /run, where only data lies.
# @promise guest account
# @layer guest
# @refused dev EACCES EPERM EROFS
# @refused run EACCES EPERM EROFS
# @refused proc EACCES EPERM
# @refused setuid_tmp EPERM
import os
import shutil
import subprocess
from attempt import attempt


def execute(place):
    shutil.copy("/usr/bin/true", place + "/mine")
    subprocess.run([place + "/mine"], check=True)


attempt("dev", execute, "/dev")
attempt("run", execute, "/run")
attempt("proc", os.execv, "/proc/self/comm", ["x"])
shutil.copy("/usr/bin/true", "/tmp/mine")
attempt("setuid_tmp", os.chown, "/tmp/mine", 0, 0)
