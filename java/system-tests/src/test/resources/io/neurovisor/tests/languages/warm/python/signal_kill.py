# SIGKILL from the program to itself.
# @signal 9
import os
import signal
import time

print("before")
os.kill(os.getpid(), signal.SIGKILL)
time.sleep(10)
