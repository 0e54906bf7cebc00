# Leaves everything in out/ that a program can make and that may not come home, and a few files that do.
import os
import socket

os.mkdir("out")
os.chdir("out")
for name in ("good", "closed file"):
    with open(name, "w") as file:
        file.write(name)
os.link("good", "hard link")
for name in (b"a\nb", b"c\xff", b"e\x1b[2J"):
    with open(name, "w") as file:
        file.write("x")
os.mkdir("closed")
with open("closed/file", "w") as file:
    file.write("closed/file")
os.chmod("closed", 0)
os.chmod("closed file", 0)
os.mkfifo("fifo")
os.symlink("/etc/passwd", "link")
os.symlink("/", "root")
server = socket.socket(socket.AF_UNIX)
server.bind("socket")
with open("sparse", "w") as file:
    file.truncate(1 << 30)
try:
    os.mknod("device", 0o020666, os.makedev(1, 1))
except PermissionError:
    print("no devices")
top = os.getcwd()
for _ in range(10_000):
    os.mkdir("d")
    os.chdir("d")
os.chdir(top)
os.mkdir("zoo")
for number in range(11_000):
    os.symlink("x", f"zoo/{number:05}")
print("done")
