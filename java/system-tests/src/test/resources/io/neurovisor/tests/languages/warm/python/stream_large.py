# Long output arrives whole, from one write as from many.
import hashlib
import sys

block = "".join(chr(33 + (i * 7) % 90) for i in range(120_000))
print(sys.stdout.write(block + "\n"))
for number in range(3000):
    print(number, hashlib.md5(str(number).encode()).hexdigest())
