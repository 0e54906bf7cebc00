# Prints what the agent would send: frames of HTTP/2 and messages of gRPC, in the hope that the host parses them.
# @promise channel
# @layer agent
# @bytes 90000
import sys

# DATA of stream 1 with END_STREAM, GOAWAY, RST_STREAM, and a message that says is_final.
frames = bytes([0, 0, 7, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0x18, 1]) + bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + bytes(8)
frames += bytes([0, 0, 4, 3, 0, 0, 0, 0, 1]) + bytes(4)
sys.stdout.buffer.write((frames * 10000)[:90000])
