# The program lies as a file in its working directory, and can be read and replaced there.
import os
import stat

print(os.path.abspath(__file__) == os.path.join(os.getcwd(), "main.py"), os.listdir("."))
print(open(__file__).read().splitlines()[0])
information = os.stat(__file__)
print(stat.filemode(information.st_mode), information.st_uid == os.getuid(), information.st_nlink)
os.unlink(__file__)
print(os.path.exists("main.py"), os.listdir("."))
1 / 1
