# A timer without a handler ends the program.
# @signal 14
import signal
import time

print(signal.getitimer(signal.ITIMER_REAL), signal.alarm(0))
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(20)
