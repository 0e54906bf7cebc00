# Standard input as a descriptor: select, read, fileinput, and a child that takes the rest.
# @stdin
# | alpha
# | beta
# | gamma
import fileinput
import os
import select
import subprocess
import sys

print(select.select([0], [], [], 10)[0], os.read(0, 6), sys.stdin.fileno())
print(subprocess.run(["head", "-c", "5"], stdout=subprocess.PIPE).stdout)
for line in fileinput.input("-"):
    print(fileinput.filelineno(), repr(line), fileinput.isstdin())
