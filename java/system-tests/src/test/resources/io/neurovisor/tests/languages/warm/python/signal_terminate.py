# SIGTERM ends a program at once, as nobody handles it.
# @signal 15
import atexit
import os
import signal
import time

atexit.register(print, "never printed")
print(signal.getsignal(signal.SIGTERM))
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(10)
