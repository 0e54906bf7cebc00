# Leaves more files than are returned.
# @promise output files
# @layer agent
# @line made 1500
# @files 1000
# @skipped exceeds the limit of 1000 returned files
import os

os.makedirs("out", exist_ok=True)
for number in range(1500):
    open(f"out/{number:04}", "w").close()
print("made 1500")
