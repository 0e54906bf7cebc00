# Kills its own process group, and so itself, in the hope that the agent is in it.
# @promise virtual machine
# @layer agent
# @line begun
# @exit 137
import os

print("begun", flush=True)
os.killpg(0, 9)
