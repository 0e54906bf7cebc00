# Draws in Bash what clones of one template would draw alike.
# @promise virtual machine
# @layer 6
# @line DRAWN srandom \d+
# @line DRAWN temporary /tmp/tmp\..+
# @twice
echo "DRAWN srandom $SRANDOM$SRANDOM"
echo "DRAWN temporary $(mktemp)"
