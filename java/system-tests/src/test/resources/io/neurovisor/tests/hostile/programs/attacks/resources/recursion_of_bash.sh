# Recurses and expands without end in Bash, until its stack or its memory is at its end.
# @promise guest account
# @layer guest
# @line begun
# @held ended (134|137|139)
# @timeout 300
echo begun
( deeper() { deeper; }; deeper ) 2>/dev/null
status=$?
((status > 128)) && echo "HELD ended $status" || echo "ESCAPED $status"
