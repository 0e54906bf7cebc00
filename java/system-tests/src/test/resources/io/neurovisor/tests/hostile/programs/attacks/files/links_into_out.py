# Sends home by links what is not its own: links to files, to directories, chains of links.
# @short
# @promise output files
# @layer agent
# @line made
# @file good
# @skipped is a symbolic link
# @skipped is a symbolic link
# @skipped is a symbolic link
# @skipped is a symbolic link
import os

os.makedirs("out/a")
os.symlink("/etc/passwd", "out/link")
os.symlink("/etc", "out/directory")
os.symlink("../link", "out/a/chain")
os.symlink("/proc/1/environ", "out/environment")
open("out/good", "w").write("good")
print("made")
