# Arguments beyond ASCII are decoded as the locale says.
# @args "ü" "日本語" "🦀" "é" "‮"
import os
import sys

for argument in sys.argv[1:]:
    print(ascii(argument), len(argument), os.fsencode(argument).hex())
print(sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
