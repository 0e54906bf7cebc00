print("partial")
while True:
    pass
