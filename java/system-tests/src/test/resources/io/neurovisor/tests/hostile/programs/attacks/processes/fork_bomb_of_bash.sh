# The classic of Bash, which forks into the background.
# @promise guest account
# @layer guest
# @line begun
# @outcome TIMED_OUT
# @timeout 6
echo begun
bomb() { bomb | bomb & }
bomb 2>/dev/null
while :; do wait; done
