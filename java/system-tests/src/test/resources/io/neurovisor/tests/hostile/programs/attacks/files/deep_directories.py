# Makes directories 3000 deep, by which others have overflown a kernel's and a walker's stack.
# @promise output files
# @layer agent
# @held deep 3000
# @skipped lies too deep
import os
from attempt import held

os.makedirs("out", exist_ok=True)
os.chdir("out")
deep = 0
for _ in range(3000):
    os.mkdir("d")
    os.chdir("d")
    deep += 1
held("deep", deep == 3000, deep)
