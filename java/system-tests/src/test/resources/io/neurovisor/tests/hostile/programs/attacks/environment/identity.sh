# Takes over names that the agent gives: its trace, its user, its home, its search path.
# @promise guest account
# @layer agent
# @held trace own
# @held user 1000
# @held files user
# @env NEUROVISOR_TRACE_ID=mine
# @env USER=root
# @env HOME=/root
# @env SUDO_UID=0
[[ $NEUROVISOR_TRACE_ID != mine && -n $NEUROVISOR_TRACE_ID ]] && echo HELD trace own || echo "ESCAPED trace $NEUROVISOR_TRACE_ID"
echo "HELD user $(id -u)" | sed '/ 1000$/!s/HELD/ESCAPED/'
touch mine
echo "HELD files $(stat -c %U mine)" | sed '/ user$/!s/HELD/ESCAPED/'
