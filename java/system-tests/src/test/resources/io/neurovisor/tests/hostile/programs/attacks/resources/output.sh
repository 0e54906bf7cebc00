# Prints without end from one process.
# @promise channel
# @layer agent
# @bytes 67108864
# @outcome OUTPUT_LIMIT
exec cat /dev/zero
