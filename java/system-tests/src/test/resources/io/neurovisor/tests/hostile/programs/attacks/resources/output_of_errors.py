# Prints errors without end.
# @promise channel
# @layer agent
# @line begun
# @outcome OUTPUT_LIMIT
import os

print("begun", flush=True)
block = b"x" * (1 << 16)
while True:
    os.write(2, block)
