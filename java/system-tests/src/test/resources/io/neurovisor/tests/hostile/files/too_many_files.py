# Leaves more files than may come home.
# @promise files that come home
# @layer agent
# @line made 1500
# @exit 0
import os

os.makedirs("out", exist_ok=True)
for number in range(1500):
    open(f"out/{number:04}", "w").close()
print("made 1500")
