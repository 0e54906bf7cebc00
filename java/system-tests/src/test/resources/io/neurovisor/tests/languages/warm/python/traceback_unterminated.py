# A text without its end.
# @exit 1
print("never printed")
text = f"unterminated {1 + 1
