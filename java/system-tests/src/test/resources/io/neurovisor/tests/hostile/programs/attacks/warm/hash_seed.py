# Compares what a primed or waiting interpreter must not share: its draws, its names, its temporary files.
# @promise virtual machine
# @layer 6
# @line DRAWN secrets [0-9a-f]{64}
# @line DRAWN temporary /tmp/\S+
# @line DRAWN ssl [0-9a-f]{16}
# @line DRAWN uuid [0-9a-f-]{36}
# @twice
import secrets
import ssl
import tempfile
import uuid

print("DRAWN secrets", secrets.token_hex())
print("DRAWN temporary", tempfile.mkdtemp())
print("DRAWN ssl", ssl.RAND_bytes(8).hex())
print("DRAWN uuid", uuid.uuid4())
