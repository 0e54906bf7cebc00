# Arguments arrive in order and unchanged, whatever they look like.
# @args "one two" "" "--flag" "-c" "-" "--" "*" "$HOME" "a\nb" "'\""
import sys

print(len(sys.argv), sys.argv[0])
for argument in sys.argv[1:]:
    print(repr(argument))
print(sys.orig_argv)
