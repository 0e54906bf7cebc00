# A forked child goes on with a copy of everything, and its end is its own.
import atexit
import os
import sys

atexit.register(print, "atexit", flush=True)
values = [1]
child = os.fork()
if child == 0:
    values.append(2)
    print("child", values, os.getppid() > 0, flush=True)
    sys.exit(7)
print("parent", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), values, flush=True)
