# Starts the driver of R contexts. R opens descriptors only by their names, which sockets do not have, so frames pass through two pipes,
# 4 and 5. An interrupt ends neither of the programs that copy. Standard input is empty.
trap '' INT
exec 3<&0 </dev/null
exec 4> >(exec cat >&3)
exec 5< <(exec cat <&3 4>&-)
exec 3<&-
trap - INT
exec R --no-echo --no-save --no-restore --file="${0%/*}/neurovisor_r/main.R"
