#!/usr/bin/python3
"""AsyncSSH as a server: one user, a password and a key; answers each command with `ok`.

    asyncssh_server.py PORT HOST_KEY USER PASSWORD KEY.pub METHODS [LOGIN_TIMEOUT]

It writes one JSON object a line of what clients tried, and what became of it."""

import asyncio
import json
import sys

import asyncssh


class Door(asyncssh.SSHServer):
    def __init__(self, options):
        self.options, self.port = options, None

    def told(self, event, **facts):
        print(json.dumps({"port": self.port, "event": event, **facts}), flush=True)

    def connection_made(self, conn):
        self.port = conn.get_extra_info("peername")[1]

    def connection_lost(self, error):
        self.told("end", words=str(error or ""))

    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return "password" in self.options["methods"]

    def public_key_auth_supported(self):
        return "publickey" in self.options["methods"]

    def kbdint_auth_supported(self):
        return "keyboard-interactive" in self.options["methods"]

    def get_kbdint_challenge(self, username, lang, submethods):
        self.user = username
        return "", "", lang, [("Password: ", False)]

    def judge(self, method, fits):
        self.told("try", method=method, ok=fits)
        return fits

    def validate_kbdint_response(self, username, responses):
        return self.judge("keyboard-interactive", (username, *responses) == self.options["login"])

    def validate_password(self, username, password):
        return self.judge("password", (username, password) == self.options["login"])

    def validate_public_key(self, username, key):
        fits = username == self.options["login"][0] and key.export_public_key().split()[1] == self.options["key"]
        return self.judge("publickey", fits)


async def answer(process):
    process.stdout.write("ok\n")
    process.exit(0)


async def main():
    port, host_key, user, password, key, methods = sys.argv[1:7]
    with open(key, "rb") as public:
        options = {"login": (user, password), "key": public.read().split()[1], "methods": methods}
    more = {"login_timeout": float(sys.argv[7])} if len(sys.argv) > 7 else {}
    await asyncssh.listen("", int(port), server_factory=lambda: Door(options), server_host_keys=[host_key],
                          process_factory=answer, **more)
    await asyncio.get_event_loop().create_future()


asyncio.run(main())
