# Leaves a hundred processes whose parents are gone, that ignore what would end them.
# @promise virtual machine
# @layer agent
# @line left 100
# @left 100
import os
import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
for _ in range(100):
    if os.fork() == 0:
        while True:
            signal.pause()
print("left 100", flush=True)
os._exit(0)
