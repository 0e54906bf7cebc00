# Children get default dispositions, and their ends by signal are reported.
import signal
import subprocess
import sys

shell = subprocess.run(["sh", "-c", "grep SigIgn /proc/self/status; kill -PIPE $$"], stdout=subprocess.PIPE)
print(shell.returncode, shell.stdout)
child = subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 15)"])
print(child.returncode, signal.Signals(-child.returncode).name)
