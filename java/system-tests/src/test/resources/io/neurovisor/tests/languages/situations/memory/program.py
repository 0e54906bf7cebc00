print("allocating")
blocks = []
while True:
    blocks.append(bytearray(b"x") * 4_000_000)
