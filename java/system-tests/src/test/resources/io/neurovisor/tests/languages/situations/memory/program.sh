echo allocating
printf -v block "%04000000d" 0
blocks=()
while :; do blocks+=("$block"); done
