import subprocess

child = subprocess.run(["sh", "-c", "kill -KILL $$"])
print("child ended by signal", -child.returncode)
