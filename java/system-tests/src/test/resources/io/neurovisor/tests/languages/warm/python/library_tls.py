# TLS contexts, hashes and certificates are at hand.
import hashlib
import hmac
import ssl

context = ssl.create_default_context()
print(context.check_hostname, context.verify_mode.name, context.minimum_version.name, len(context.get_ciphers()) > 3)
print(context.cert_store_stats()["x509"] > 50, ssl.get_default_verify_paths().cafile, ssl.HAS_TLSv1_3)
print(hashlib.sha3_256(b"text").hexdigest(), hmac.new(b"key", b"text", "sha256").hexdigest())
print(sorted(hashlib.algorithms_guaranteed), hashlib.scrypt(b"p", salt=b"s", n=16, r=1, p=1).hex()[:16])
