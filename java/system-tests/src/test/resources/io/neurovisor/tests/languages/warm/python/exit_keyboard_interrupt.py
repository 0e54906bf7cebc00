# An uncaught KeyboardInterrupt ends the process by SIGINT, after atexit.
# @signal 2
import atexit
import os
import signal
import time

atexit.register(print, "atexit")
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
os.kill(os.getpid(), signal.SIGINT)
time.sleep(10)
