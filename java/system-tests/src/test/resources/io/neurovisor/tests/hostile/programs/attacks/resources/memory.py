# Takes all memory, page by page.
# @short
# @promise guest account
# @layer guest
# @line begun
# @outcome OUT_OF_MEMORY
# @killed python3.*
print("begun", flush=True)
hoard = []
while True:
    hoard.append(b"x" * (1 << 20))
