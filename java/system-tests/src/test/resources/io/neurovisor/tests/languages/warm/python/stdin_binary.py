# Bytes that are no text arrive as they are; as text they survive the round trip.
# @stdin-hex 00ff0a41c3bc0d0a80feff
import os
import sys

print(sys.stdin.buffer.peek(1)[:3].hex(), sys.stdin.buffer.read(3).hex(), sys.stdin.buffer.readline().hex())
rest = sys.stdin.read()
print(ascii(rest), os.fsencode(rest).hex())
sys.stdout.buffer.write(b"\x00\xff\n")
