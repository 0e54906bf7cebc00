# Children inherit directory, environment and nothing else.
# @env GREETING=hello ü
import os
import subprocess
import sys

os.environ["ADDED"] = "later"
program = "import os, sys; print(os.getcwd(), os.environ['GREETING'], os.environ['ADDED'], sys.stdout.write_through)"
print(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True))
print(subprocess.run("ls /proc/self/fd | wc -l; umask; ulimit -n", shell=True, capture_output=True, text=True).stdout)
child = subprocess.Popen(["sort", "-r"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(child.communicate("a\nc\nb\n"), child.returncode)
print(subprocess.run([sys.executable, "-c", "1/0"], stderr=subprocess.PIPE).stderr.decode())
