# What a program puts into its environment reaches its children, and only them.
import os
import subprocess

os.environ["OURS"] = "1"
os.putenv("RAW", "2")
del os.environ["LANG"]
os.unsetenv("SHELL")
print(os.getenv("RAW"), os.getenv("SHELL") is not None, os.getenv("LANG"))
print(subprocess.run("echo $OURS $RAW ${LANG-no} ${SHELL-no}", shell=True, capture_output=True, text=True).stdout)
print(subprocess.run(["env"], env={"ONLY": "this"}, capture_output=True).stdout)
