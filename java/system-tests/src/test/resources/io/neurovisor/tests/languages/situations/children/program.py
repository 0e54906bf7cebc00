import subprocess

child = subprocess.run(["sh", "-c", "kill -KILL $$"])
subprocess.Popen(["sleep", "1000"], start_new_session=True)
print("child ended by signal", -child.returncode)
