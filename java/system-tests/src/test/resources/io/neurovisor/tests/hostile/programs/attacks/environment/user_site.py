# Brings modules that Python would load by itself: usercustomize, sitecustomize, .pth files.
# @promise virtual machine
# @layer agent
# @held user 1000
# @given .local/lib/python3.13/site-packages/usercustomize.py import os; user = os.getuid()
# @given .local/lib/python3.13/site-packages/mine.pth import sys; sys.mine = 1
import os
import sys
from attempt import held

# The injected module runs in the same machine with the same rights.
module = sys.modules.get("usercustomize")
user = module.user if module else os.getuid()
held("user", user == 1000, user)
