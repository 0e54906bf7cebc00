# Prints escape sequences for the terminal of the reader, in output and in names.
# @promise channel
# @layer agent
# @line .*2J.*
# @line done
# @skipped has a control character
# @left 0
mkdir -p out
touch "out/$(printf 'a\033[2Jb')"
printf '\033[2J\033]0;mine\007\033P+q\033\\ \n'
echo done
