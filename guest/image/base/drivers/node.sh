# Starts the driver of JavaScript and TypeScript contexts. Node cannot move a descriptor, so the socket becomes 3 here. Node closes
# it in programs that cells start. Standard input is empty. Node ends when code in a timer is terminated, unless a check is off.
exec node --no-force-async-hooks-checks "${0%/*}/neurovisor_node/main.js" "$1" 3<&0 </dev/null
