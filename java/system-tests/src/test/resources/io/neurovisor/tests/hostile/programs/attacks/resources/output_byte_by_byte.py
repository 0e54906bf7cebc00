# Prints single bytes as fast as it can, each of which might become a message of its own.
# @promise bucket of a guest
# @layer agent
# @bytes 200000
import os

for _ in range(200_000):
    os.write(1, b"x")
