# How deep a program can go, and how that ends.
# @exit 1
import sys


def depth(number):
    try:
        return depth(number + 1)
    except RecursionError:
        return number


def endless(number):
    return endless(number + 1)


print(sys.getrecursionlimit(), depth(0))
sys.setrecursionlimit(300)
print(sys.getrecursionlimit(), depth(0))
endless(0)
