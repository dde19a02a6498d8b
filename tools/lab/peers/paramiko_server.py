#!/usr/bin/python3
"""Paramiko as a server: one user, a password, a key and keyboard-interactive; runs each command and says `ok`.

    paramiko_server.py PORT HOST_KEY USER PASSWORD KEY.pub METHODS

It writes one JSON object a line of what clients tried, and what became of it."""

import json
import socket
import sys
import threading

import paramiko

METHODS = {"publickey", "password", "keyboard-interactive"}


def told(port, event, **facts):
    print(json.dumps({"port": port, "event": event, **facts}), flush=True)


class Door(paramiko.ServerInterface):
    def __init__(self, port, options):
        self.port, self.options = port, options

    def judge(self, method, fits):
        told(self.port, "try", method=method, ok=fits)
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return self.options["methods"]

    def check_auth_none(self, username):
        return self.judge("none", False)

    def check_auth_password(self, username, password):
        return self.judge("password", (username, password) == self.options["login"])

    def check_auth_publickey(self, username, key):
        return self.judge("publickey", username == self.options["login"][0] and key.get_base64() == self.options["key"])

    def check_auth_interactive(self, username, submethods):
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses):
        return self.judge("keyboard-interactive", responses == [self.options["login"][1]])

    def check_channel_request(self, kind, channel):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel, command):
        threading.Thread(target=self.answer, args=(channel,), daemon=True).start()
        return True

    @staticmethod
    def answer(channel):
        channel.sendall(b"ok\n")
        channel.send_exit_status(0)
        channel.close()


def serve(conn, port, options):
    transport = paramiko.Transport(conn)
    transport.add_server_key(options["host_key"])
    words = ""
    try:
        transport.start_server(server=Door(port, options))
        while transport.is_active():
            transport.join(0.2)
    except (paramiko.SSHException, EOFError, OSError) as error:
        words = str(error)
    told(port, "end", words=words or str(transport.get_exception() or ""))


def main():
    port, host_key, user, password, key, methods = sys.argv[1:]
    kind = paramiko.RSAKey if host_key.endswith("rsa") else paramiko.Ed25519Key
    with open(key) as public:
        options = {"host_key": kind.from_private_key_file(host_key), "login": (user, password),
                   "key": public.read().split()[1], "methods": methods}
    listener = socket.create_server(("::", int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
    while True:
        conn, peer = listener.accept()
        threading.Thread(target=serve, args=(conn, peer[1], options), daemon=True).start()


if __name__ == "__main__":
    main()
