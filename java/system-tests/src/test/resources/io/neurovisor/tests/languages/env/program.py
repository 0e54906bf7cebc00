import os
print(os.environ["GREETING"], os.environ["HOME"], "SECRET" in os.environ)
