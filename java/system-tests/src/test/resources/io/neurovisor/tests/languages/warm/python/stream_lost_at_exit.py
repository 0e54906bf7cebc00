# Buffered output that cannot be written at the end is reported, with exit code 120.
# @exit 120
import io
import os
import sys

print("before", flush=True)
reader, writer = os.pipe()
os.close(reader)
sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(writer, "w")))
print("never read")
