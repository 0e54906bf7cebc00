# Fills the table of processes with the dead.
# @promise guest account
# @layer guest
# @held zombies \d{2,4}
import os
from attempt import held

zombies = 0
try:
    while zombies < 5000:
        if os.fork() == 0:
            os._exit(0)
        zombies += 1
except OSError:
    pass
held("zombies", 10 < zombies < 5000, zombies)
