# Traps every signal in Bash and starts itself anew in each.
# @promise guest account
# @layer agent
# @line begun
# @outcome TIMED_OUT
# @timeout 5
for signal in {1..64}; do
    # shellcheck disable=SC2064 # The signal of now.
    trap "echo ESCAPED $signal" "$signal" 2>/dev/null
done
echo begun
while :; do :; done
