# Leaves more files than may come home.
# @promise files that come home
# @layer agent
# @line made 1500
# @files 1000
# @skipped is beyond the 1000 files that may come home
import os

os.makedirs("out", exist_ok=True)
for number in range(1500):
    open(f"out/{number:04}", "w").close()
print("made 1500")
