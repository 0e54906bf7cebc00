# A fixed hash seed in the environment makes hashes of texts the same in each run.
# @plain
# @env PYTHONHASHSEED=7
import sys

print(hash("text"), hash(b"bytes"), sys.flags.hash_randomization)
print({"one", "two", "three", "four"})
