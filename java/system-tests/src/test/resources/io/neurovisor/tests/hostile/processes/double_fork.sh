# Leaves a process of a session of its own behind, which would write when all is over.
# @promise virtual machine
# @layer agent
# @line left
# @left 1
# @everyday
setsid bash -c 'while sleep 1; do echo ESCAPED; done' &
disown
echo left
