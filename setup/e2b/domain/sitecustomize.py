"""Resolves the names of a domain to a port of this machine, as a wildcard record of DNS and port 443 do."""

import os
import socket

domain, port = "." + os.environ["E2B_DOMAIN"], int(os.environ["E2B_TEST_PORT"])
resolve = socket.getaddrinfo


def getaddrinfo(host, service, *arguments, **options):
    if isinstance(host, str) and host.endswith(domain):
        host, service = "127.0.0.1", port
    return resolve(host, service, *arguments, **options)


socket.getaddrinfo = getaddrinfo
