# Blocks and ignores every signal, and runs on when its time is over.
# @promise guest account
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 5
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
print("begun", flush=True)
while True:
    pass
