# Looks in what the template has kept for secrets: keys, histories, caches, logs of its making.
# @promise virtual machine
# @layer 6
# @held secrets none
import os
import re
from attempt import held

found = []
names = re.compile(r"^(id_(rsa|ed25519|ecdsa)|.*_history|\.netrc|\.git-credentials|.*\.p12|authorized_keys|.*_host_.*key)$")
for directory, directories, files in os.walk("/"):
    directories[:] = [d for d in directories if directory != "/" or d not in ("proc", "sys", "dev")]
    found += [os.path.join(directory, name) for name in files if names.match(name)]
held("secrets", not found, "none" if not found else found)
