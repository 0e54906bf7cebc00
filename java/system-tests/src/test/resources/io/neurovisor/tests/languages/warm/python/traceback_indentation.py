# Tabs and spaces that do not agree.
# @exit 1
print("never printed")
if True:
	first = 1
        second = 2
