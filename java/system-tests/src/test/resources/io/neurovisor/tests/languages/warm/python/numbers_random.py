# Seeded generators give the same numbers everywhere; unseeded ones do not repeat.
import random
import secrets
import uuid

random.seed(2026)
print(random.random(), random.sample(range(100), 5), random.gauss(0, 1), random.choice("abc"))
print(random.Random("text").getrandbits(64), random.Random(b"bytes").randrange(10**9))
print(len({random.SystemRandom().random() for _ in range(10)}), len(secrets.token_hex(8)), uuid.uuid4().version)
print(uuid.uuid5(uuid.NAMESPACE_DNS, "example.org"))
