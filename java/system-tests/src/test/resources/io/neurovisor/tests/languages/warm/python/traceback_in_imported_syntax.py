# An imported file that does not compile.
# @exit 1
# @file broken.py
# | def fine():
# |     pass
# |
# | def broken(:
# |     pass
import broken
