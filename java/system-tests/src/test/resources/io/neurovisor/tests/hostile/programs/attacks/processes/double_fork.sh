# Leaves a process of a session of its own behind, which would write when all is over.
# @short
# @promise virtual machine
# @layer agent
# @line left
# @left 1
mkfifo never
exec 9<>never
# By a builtin: it is one process whenever it is counted.
setsid bash -c 'while :; do read -rt 5 -u 9; echo ESCAPED; done' &
disown
echo left
