# Hashes that do not depend on a seed.
import sys

print(hash(1), hash(-1), hash(2**61), hash(1.5), hash((1, 2, (3, 4))), hash(frozenset([1, 2, 3])), hash(None) != 0)
print(hash(float("inf")), hash(complex(1, 2)), hash(range(5)), sys.hash_info.algorithm, sys.flags.hash_randomization)
print({3, 1, 2, 100, 50}, {number: number for number in (3, 1, 2)})
