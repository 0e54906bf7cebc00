# Forks as fast as it can in every child, until its time is over.
# @promise guest account
# @layer guest
# @line begun
# @outcome TIMED_OUT
# @timeout 5
import os

print("begun", flush=True)
while True:
    try:
        os.fork()
    except OSError:
        pass
