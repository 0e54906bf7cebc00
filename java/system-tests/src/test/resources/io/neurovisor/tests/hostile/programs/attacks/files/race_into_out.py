# Exchanges a file of out/ for a link to the system without end, while the execution ends.
# @short
# @promise output files
# @layer agent
# @line racing
# @left 1
# @skipped is a symbolic link
import os
import sys

os.makedirs("out", exist_ok=True)
os.symlink("/etc/passwd", "link")
os.symlink("/etc/passwd", "out/link")
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(writer, b"x")
    while True:
        # The last word is the link's whenever it is killed after one round, a file's name is never seen whole.
        os.rename("link", "link2")
        os.rename("link2", "link")
os.read(reader, 1)
print("racing", flush=True)
sys.exit(0)
