"""Runs E2B's envd as root of its own namespaces, with few capabilities, and prints its URL on the loopback of this host.

Usage: envd.py ENVD HOME. HOME becomes /home/user, which belongs to the user "user". Ends when its standard input is closed, with all
processes that envd has started.
"""
import os
import socket
import subprocess
import sys
import threading
import time

USER = 1000
PORT = 49983
PASSWD = f"root:x:0:0::/root:/bin/sh\nuser:x:{USER}:{USER}::/home/user:/bin/sh\n"
GROUP = f"root:x:0:\nuser:x:{USER}:\n"
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"]


def content(text):
    file = os.memfd_create("content", 0)
    os.write(file, text.encode())
    os.lseek(file, 0, os.SEEK_SET)
    return str(file)


def enter(envd, home):
    """Listens on this host, and goes on with the open socket where there is no other network than a loopback."""
    os.chown(home, USER, USER)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.set_inheritable(True)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    script = os.path.abspath(__file__)
    command = ["bwrap", "--unshare-pid", "--as-pid-1", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--hostname", "envd", "--clearenv",
               "--setenv", "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin",
               "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64", "--proc", "/proc", "--dev", "/dev",
               "--perms", "0755", "--dir", "/etc", "--perms", "0644", "--ro-bind-data", content(PASSWD), "/etc/passwd",
               "--perms", "0644", "--ro-bind-data", content(GROUP), "/etc/group", "--perms", "0700", "--dir", "/root",
               "--perms", "1777", "--tmpfs", "/tmp", "--perms", "0755", "--dir", "/run", "--perms", "0755", "--dir", "/home",
               "--bind", home, "/home/user", "--ro-bind", envd, "/opt/envd", "--ro-bind", script, "/opt/envd.py"]
    command += ["--cap-drop", "ALL"]
    for capability in CAPABILITIES:
        command += ["--cap-add", "CAP_" + capability]
    os.execvp(command[0], command + ["/usr/bin/python3", "/opt/envd.py", str(listener.fileno())])


def serve(listener):
    subprocess.Popen(["/opt/envd", "-isnotfc", "-no-cgroups", "-port", str(PORT)], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    threading.Thread(target=accept, args=[listener], daemon=True).start()
    sys.stdin.read()
    # The end of the first process of a namespace is the end of all.
    os._exit(0)


def accept(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=connect, args=[client], daemon=True).start()


def connect(client):
    server = None
    for _ in range(100):
        try:
            server = socket.create_connection(("127.0.0.1", PORT))
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    threading.Thread(target=copy, args=[server, client], daemon=True).start()
    copy(client, server)


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        target.close()


if len(sys.argv) == 2:
    serve(socket.socket(fileno=int(sys.argv[1])))
else:
    enter(*sys.argv[1:])
