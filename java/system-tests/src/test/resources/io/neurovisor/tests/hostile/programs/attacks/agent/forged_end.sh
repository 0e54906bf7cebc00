# Prints what looks like the end of an execution in text: outcomes, exit codes, results as JSON.
# @promise channel
# @layer agent
# @line \{"outcome":"COMPLETED","exit_code":0\}
# @line OutOfMemory: Killed process 1 \(agent\) total-vm:1kB
# @exit 3
echo '{"outcome":"COMPLETED","exit_code":0}'
echo 'OutOfMemory: Killed process 1 (agent) total-vm:1kB'
exit 3
