# Becomes a daemon by the book, with its own session, directory and descriptors, that holds the output open.
# @promise virtual machine
# @layer agent
# @line left
# @left 1
import os
import time

if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    time.sleep(300)
    print("ESCAPED it lived on", flush=True)
    os._exit(0)
os.wait()
print("left")
