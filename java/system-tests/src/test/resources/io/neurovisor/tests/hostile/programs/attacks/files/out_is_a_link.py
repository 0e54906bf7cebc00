# Makes out/ itself a link to the system.
# @promise output files
# @layer agent
# @line made
# @skipped is a symbolic link
import os

if os.path.isdir("out"):
    os.rmdir("out")
os.symlink("/etc", "out")
print("made")
