setsid sleep 1000 &
echo gone
