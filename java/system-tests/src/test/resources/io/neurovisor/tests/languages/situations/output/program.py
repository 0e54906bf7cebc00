import sys
block = b"x" * 1_000_000
for _ in range(70):
    sys.stdout.buffer.write(block)
