import os
import sys
from pathlib import Path

lines = sys.stdin.read().splitlines()
print(len(lines), lines[-1].upper())
print(os.environ["GREETING"], os.environ["HOME"], "SECRET" in os.environ)
for argument in sys.argv[1:]:
    print(f"<{argument}>")
text = Path("in/data.txt").read_text()
Path("out/deep").mkdir(parents=True)
Path("out/deep/result.txt").write_text(text.upper())
