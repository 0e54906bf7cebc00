# Stops itself, so that it cannot react to SIGTERM.
# @promise guest account
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 5
import os
import signal

print("begun", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
