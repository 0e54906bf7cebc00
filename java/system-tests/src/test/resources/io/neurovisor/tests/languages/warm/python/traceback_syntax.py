# A program that does not compile runs not at all.
# @exit 1
print("never printed")
if True:
    value = (1 +
    other = 2
