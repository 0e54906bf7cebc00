# Text, bytes and a child's words come in the order in which they were written.
# @stdout
# | 1 text
# | 2 bytes
# | 3 child
# | 4 buffer
# | 5 print
import os
import subprocess
import sys

print("1 text")
os.write(1, b"2 bytes\n")
subprocess.run(["echo", "3 child"], check=True)
sys.stdout.buffer.write(b"4 buffer\n")
sys.stdout.buffer.flush()
print("5", end=" ")
print("print")
