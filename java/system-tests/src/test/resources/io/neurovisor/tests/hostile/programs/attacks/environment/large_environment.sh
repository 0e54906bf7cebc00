# Has a variable of a hundred kilobytes, and starts programs with more than the kernel takes.
# @promise guest account
# @layer guest
# @held refused
# @held alive
# shellcheck disable=SC2034
big=$(head -c 200000 /dev/zero | tr '\0' x)
export big
if /usr/bin/true 2>/dev/null; then echo 'ESCAPED started'; else echo 'HELD refused'; fi
unset big
/usr/bin/true && echo 'HELD alive'
