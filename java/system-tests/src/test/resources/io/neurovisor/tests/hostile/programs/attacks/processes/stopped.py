# Stops itself, so that nobody could end it by asking.
# @promise guest account
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 5
import os
import signal

print("begun", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
