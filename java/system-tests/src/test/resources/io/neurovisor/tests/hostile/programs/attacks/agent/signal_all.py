# Kills every process that it may, and is one of them.
# @promise guest account
# @layer agent
# @line begun
# @held child killed
# @refused first EPERM
import os
import time
from attempt import attempt, held

print("begun", flush=True)
child = os.fork()
if child == 0:
    time.sleep(600)
# The call spares the process itself; there is no other process that it may kill.
os.kill(-1, 9)
held("child", os.waitpid(child, 0)[1] == 9, "killed")
# An ended process would not have refused the signal.
attempt("first", os.kill, 1, 0)
