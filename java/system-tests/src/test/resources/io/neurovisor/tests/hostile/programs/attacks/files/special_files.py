# Leaves files in out/ whose reader would hang: a named pipe, a socket.
# @promise output files
# @layer agent
# @line made
# @skipped is a named pipe
# @skipped is a socket
import os
import socket

os.makedirs("out", exist_ok=True)
os.mkfifo("out/pipe")
socket.socket(socket.AF_UNIX).bind("out/socket")
print("made")
