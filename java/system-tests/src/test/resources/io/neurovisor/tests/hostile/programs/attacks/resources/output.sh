# Prints without end from one process.
# @promise channel
# @layer agent
# @bytes 67108864
# @outcome OUTPUT_LIMIT
# @timeout 120
exec cat /dev/zero
