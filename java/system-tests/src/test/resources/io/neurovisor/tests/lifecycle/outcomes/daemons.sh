# Ends while processes of every kind go on, and all of its output is still in the pipe. One process each: nothing forks
# once the shell goes on.
ln -s /etc out
(trap '' TERM HUP INT; exec sleep 1000) &
setsid sleep 1000 &
(setsid sleep 1000 &)
nohup sleep 1000 >/dev/null 2>&1 &
printf '%060000d' 0
exit 5
