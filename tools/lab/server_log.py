"""What the servers themselves logged of each connection: the second witness of a login's label.

facts(lab) gives, for each source port: tries (refused ones, `none` not counted), method (the one let in, else those
tried), accepted, ended_by (client or server), and words: the server's own last line about it."""

import json
import os
import re
from dataclasses import dataclass, field

from sandbox import WORK
from services import AUTH_LOG


@dataclass
class Account:
    """One connection, as its server told it."""

    tries: int = 0
    methods: list = field(default_factory=list)
    accepted: str = None
    ended_by: str = None
    words: str = ""
    last: str = "none"  # the method last asked for
    timeout: bool = False
    mismatch: bool = False
    refused: bool = False  # in some way that is no try: the account, or no method that the client has
    counts: bool = True  # whether its server logs every refused try

    def tried(self, method):
        if method not in ("none", "") and method not in self.methods:
            self.methods.append(method)


def _read(path):
    if not os.path.exists(path):
        return []
    with open(path, errors="replace") as log:
        return log.read().splitlines()


ENDS = ((r"Timeout before authentication", "server"), (r"^Disconnecting ", "server"),
        (r"^(Connection closed|Connection reset|Received disconnect|Disconnected from|Read error)", "client"),
        (r"^(Unable to negotiate|fatal: )", "server"))


def _openssh_line(account, text):
    said = re.search(r"userauth-request for user .* service \S+ method (\S+)", text)
    if said:
        account.last = said[1].replace("publickey-hostbound-v00@openssh.com", "publickey")
        account.tried(account.last)
    if "userauth_finish: failure partial=0" in text and account.last != "none":
        account.tries += 1
    if "maximum authentication attempts exceeded" in text or "Too many authentication failures" in text:
        account.tries += 0 if account.ended_by else 1
        account.ended_by = account.ended_by or "server"
    if "userauth_finish: failure" in text and account.last == "none" or "Access denied for user" in text:
        account.refused = True
    said = re.match(r"Accepted (\S+) for ", text)
    if said:
        account.accepted = said[1].split("/")[0]
    for pattern, who in ENDS:
        if re.search(pattern, text):
            account.ended_by = account.ended_by or who
            account.words = text
    account.timeout |= "Timeout before authentication" in text
    account.mismatch |= "no matching" in text


def _openssh(found):
    """OpenSSH names the port once for each process that serves a connection."""
    by_process = {}
    for line in _read(AUTH_LOG):
        said = re.match(r".{15} server sshd\[(\d+)\]: (.*)", line)
        if not said:
            continue
        process, text = said[1], said[2].replace(" [preauth]", "")
        opened = re.match(r"Connection from \S+ port (\d+) on", text)
        if opened:
            by_process[process] = found[int(opened[1])] = Account()
        child = re.match(r"User child is on pid (\d+)", text)
        if child and process in by_process:
            by_process[child[1]] = by_process[process]
        if process in by_process:
            _openssh_line(by_process[process], text)
        late = re.search(r"Timeout before authentication for \S+ port (\d+)", text)
        if late and int(late[1]) in found:
            found[int(late[1])].timeout = True
            found[int(late[1])].ended_by = "server"


def _dropbear_line(account, text):
    said = re.match(r"(Pubkey|Password|PAM password) auth succeeded", text)
    if said:
        account.accepted = "publickey" if said[1] == "Pubkey" else "password"
    if re.match(r"Bad (PAM )?password attempt|User account .* is locked", text):
        account.tries += 1
        account.tried("password")
    account.mismatch |= "No matching algo" in text
    account.timeout |= "Timeout before auth" in text
    if text.startswith("Exit"):
        account.refused = "before auth" in text  # keys that it does not know are not logged
        account.words = text
        server = re.search("Max auth tries|Timeout|No matching|doesn't match", text)
        account.ended_by = "server" if server else "client"


def _dropbear(found):
    by_process = {}
    for line in _read(f"{WORK}/dropbear.log"):
        said = re.match(r"\[(\d+)\] \S+ \d+ \S+ (.*)", line)
        if not said:
            continue
        opened = re.match(r"Child connection from .*:(\d+)$", said[2])
        if opened:
            by_process[said[1]] = found[int(opened[1])] = Account(counts=False)
        if said[1] in by_process:
            _dropbear_line(by_process[said[1]], said[2])


def _tinyssh(found):
    by_name = {}
    for line in _read(AUTH_LOG):
        said = re.match(r".{15} server tinysshd: (\S+): (.*)", line)
        if not said:
            continue
        opened = re.search(r"connection from .*:(\d+) \{", said[2])
        if opened:
            by_name[said[1]] = found[int(opened[1])] = Account(counts=False)
        account = by_name.get(said[1])
        if account is None:
            continue
        if re.search(r"auth: \S+ .* accepted", said[2]):
            account.accepted = "publickey"
        account.mismatch |= "unable to receive kex-message" in said[2]
        account.words = said[2]


def _peers(found):
    """The lab's own small servers write one JSON object a line; see peers/."""
    for name in sorted(os.listdir(WORK)):
        if not name.startswith("peer-"):
            continue
        for line in _read(f"{WORK}/{name}"):
            if not line.startswith("{"):
                continue
            said = json.loads(line)
            account = found.setdefault(said["port"], Account())
            if said["event"] == "try":
                account.tried(said["method"])
                account.tries += 0 if said["ok"] or said["method"] == "none" else 1
                account.accepted = said["method"] if said["ok"] else account.accepted
            if said["event"] == "end":
                account.words = said.get("words", "")
                account.timeout |= "timeout" in account.words.lower()
                account.mismatch |= "no match" in account.words.lower() or "common algorithm" in account.words


def accounts(lab):
    found = {}
    for reader in (_openssh, _dropbear, _tinyssh, _peers):
        reader(found)
    return found


def facts(account):
    """The part that a manifest tells."""
    told = {"user_tries": account.tries if account.tries or account.counts else None, "ended_by": account.ended_by}
    method = account.accepted or ",".join(account.methods)
    if method:
        told["method"] = method
    return {name: value for name, value in told.items() if value is not None}
