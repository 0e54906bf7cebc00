set -e
echo fine
no_such_command_anywhere
