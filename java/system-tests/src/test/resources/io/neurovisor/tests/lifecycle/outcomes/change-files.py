# Changes some of the files that it was given, one of them by its memory mapping, of which a tmpfs keeps no time.
import mmap
import os

with open("out/mapped", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
    mapped[0:1] = b"G"
with open("out/rewritten", "w") as file:
    file.write("given")
os.utime("out/same")
os.remove("out/removed")
with open("out/new", "w") as file:
    file.write("new")
