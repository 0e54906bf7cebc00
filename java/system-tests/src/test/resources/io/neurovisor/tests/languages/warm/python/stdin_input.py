# input() reads line by line, writes its prompt to stdout, and says when there is no more.
# @exit 1
# @stdin
# | Ada
# | Grace
name = input("name? ")
print("[" + name + "]")
print([input()])
input("more? ")
