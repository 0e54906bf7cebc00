# Prints without end in fifty processes at once, of which each would be cut alone.
# @promise channel
# @layer agent
# @bytes 67108864
# @outcome OUTPUT_LIMIT
import os

for _ in range(50):
    if os.fork() == 0:
        break
block = b"x" * 4096
while True:
    os.write(1, block)
