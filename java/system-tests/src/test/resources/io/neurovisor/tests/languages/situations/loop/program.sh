echo partial
while :; do :; done
