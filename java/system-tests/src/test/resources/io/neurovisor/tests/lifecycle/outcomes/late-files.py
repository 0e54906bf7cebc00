# Is killed after it has written a quarter of the limit of returned bytes.
import os

os.mkdir("out")
for number in range(16):
    with open(f"out/{number:02}", "wb") as file:
        file.write(bytes([number]) * (1 << 20))
print("written")
while True:
    pass
