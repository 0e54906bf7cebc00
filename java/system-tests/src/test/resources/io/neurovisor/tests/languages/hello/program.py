print("hello from", "python")
