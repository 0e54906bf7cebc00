import sys
lines = sys.stdin.read().splitlines()
print(len(lines), lines[-1].upper())
