# Survives a child that takes all memory.
import subprocess
import sys

hog = "hoard = []\nwhile True: hoard.append(b'x' * (1 << 20))"
print("child ended with", subprocess.run([sys.executable, "-c", hog]).returncode)
