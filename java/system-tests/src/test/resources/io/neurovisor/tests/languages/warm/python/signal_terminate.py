# SIGTERM without a handler ends a program immediately.
# @signal 15
import atexit
import os
import signal
import time

atexit.register(print, "never printed")
print(signal.getsignal(signal.SIGTERM))
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(10)
