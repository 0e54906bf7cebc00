# Sockets within the machine, and that there is no other network.
import os
import socket
import threading

server = socket.create_server(("127.0.0.1", 0))
thread = threading.Thread(target=lambda: server.accept()[0].sendall(b"hello"))
thread.start()
print(socket.create_connection(server.getsockname()).recv(10), socket.getdefaulttimeout())
thread.join()
left, right = socket.socketpair()
socket.send_fds(left, [b"descriptor"], [os.open("main.py", os.O_RDONLY)])
text, descriptors, _, _ = socket.recv_fds(right, 20, 1)
print(text, os.read(descriptors[0], 10), server.fileno())
