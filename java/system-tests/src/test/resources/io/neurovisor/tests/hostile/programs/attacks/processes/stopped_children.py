# Ends, and leaves children that are stopped or traced, which no signal but one moves.
# @promise virtual machine
# @layer agent
# @line left
# @left 2
import ctypes
import os
import signal

for traced in (False, True):
    child = os.fork()
    if child == 0:
        if traced:
            ctypes.CDLL(None).ptrace(0, 0, 0, 0)
        # The kernel continues and hangs up on the stopped children of who is gone.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        while True:
            os.kill(os.getpid(), signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
print("left", flush=True)
os._exit(0)
