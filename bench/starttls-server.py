"""One client at a time through STARTTLS, without delays: `starttls-server.py KEY CERT`; prints its port."""
import socket
import ssl
import sys
import threading

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[1])


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(b"220 mx.test ESMTP\r\n")
    while True:
        line = client.recv(1000).upper()
        if line.startswith((b"EHLO", b"HELO")):
            client.sendall(b"250-mx.test\r\n250-SIZE 10000\r\n250 STARTTLS\r\n")
        elif line.startswith(b"STARTTLS"):
            client.sendall(b"220 go\r\n")
            client = context.wrap_socket(client, server_side=True)
        elif line.startswith(b"QUIT"):
            client.sendall(b"221 bye\r\n")
            break
        elif line == b"":
            break
        else:
            client.sendall(b"250 fine\r\n")
    client.close()


def serve_until_it_goes(client):
    try:
        serve(client)
    except OSError:
        client.close()


threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve_until_it_goes, args=(listener.accept()[0],), daemon=True).start()
