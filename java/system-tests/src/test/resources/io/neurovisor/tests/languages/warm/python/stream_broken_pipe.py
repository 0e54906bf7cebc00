# Writing to a pipe without a reader is BrokenPipeError, not a silent death.
# @exit 1
import os
import signal

reader, writer = os.pipe()
os.close(reader)
print(signal.getsignal(signal.SIGPIPE))
os.dup2(writer, 1)
for _ in range(100):
    print("x" * 1000, flush=True)
