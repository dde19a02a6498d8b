"""Logins captured as people capture them: cut short, begun late, of one direction, snapped, doubled, out of order."""

from capture import Derived, Seen, late_half_first, merged, neighbours_swapped
from clients import GOOD, WRONG, dbclient, ssh
from logins import story
from net import Net
from scenario import Finish, Mark, Start, Try, Wait
from services import dropbear
from ssh_peers import ssh_checking, ssh_keys, ssh_typed

UNKNOWN = {"*": ("undetermined", "unknown")}
CHATTER = "for i in 1 2 3 4 5 6; do date; sleep 0.5; done"
WHOLE = [Seen("client", keep=False), Seen("router1", "eth0", keep=False)]
REORDERED = [Derived("client", name="twice", how=merged("client", "router1")),
             Derived("client", name="swapped", how=neighbours_swapped("client")),
             Derived("client", name="late-half-first", how=late_half_first("client"))]


def lost(name, **more):
    """A capture in which what decides is missing."""
    return Seen("client", name=name, relabel=UNKNOWN, **more)


def one_way(way, host):
    return lost("only-" + way, only="src host {" + host + "}")


SCENARIOS = [
    story("hard-success", "A login by key and one by password: snapped at 96 bytes, doubled, out of order, one "
                          "direction only.",
          [Try(ssh(), "none"), Try(ssh("id", password=GOOD), "none")],
          seen=[*WHOLE, Seen("client", name="snaplen-96", snaplen=96), one_way("client-to-server", "client"),
                one_way("server-to-client", "server")], derived=REORDERED),
    story("hard-refused", "Wrong passwords and unknown keys: snapped at 96 bytes, doubled, out of order, one "
                          "direction only.",
          [Try(ssh(password=WRONG, tries=2), "auth-failed", "host", "denied"),
           Try(ssh_keys("ed25519", "rsa-2048"), "auth-failed", "host", "denied")], families=(6,),
          seen=[*WHOLE, Seen("client", name="snaplen-96", snaplen=96), one_way("client-to-server", "client"),
                one_way("server-to-client", "server")], derived=REORDERED),
    story("hard-kex", "A key exchange without a common cipher, and a host key refused: doubled and out of order.",
          [Try(ssh(options=("Ciphers=aes128-cbc",)), "kex-mismatch", "host", "no matching cipher"),
           Try(ssh_checking(ssh(), "yes"), "hostkey-rejected", "client", "verification failed")],
          seen=WHOLE, derived=REORDERED, net=Net(2, delay=(5, 20, 20)), set="held-out"),
    story("hard-kex-cut", "A key exchange without a common cipher, a host key refused, a login and a wrong password: "
                          "snapped at 96 and 128 bytes.",
          [Try(ssh(options=("Ciphers=aes128-cbc",)), "kex-mismatch", "host", "no matching cipher"),
           Try(ssh_checking(ssh(), "yes"), "hostkey-rejected", "client", "verification failed"),
           Try(ssh(), "none"), Try(dbclient(password=WRONG), "auth-failed", "host", "")], families=(4, 6),
          seen=[Seen("client", keep=False), Seen("client", name="snaplen-96", snaplen=96),
                Seen("client", name="snaplen-128", snaplen=128)]),
    story("hard-ends-early", "The capture ends while the first password is still being checked.",
          [Start(ssh_typed(("password: ", 1, WRONG + "\n"), ("password: ", 1, GOOD + "\n")), "none", settle=2.2),
           Mark("early"), Finish()], families=(4, 6), seen=[lost("ends-early", last="early")]),
    story("hard-ends-in-kex", "The capture ends while somebody reads the fingerprint of the host key, and later says "
                              "yes.",
          [Start(ssh_typed((r"fingerprint\]\)\? ", 3, "yes\n"), ("password: ", 1, GOOD + "\n"), checking="ask"), "none",
                 settle=1.5), Mark("early"), Finish()], seen=[lost("ends-in-kex", last="early")],
          net=Net(1, delay=5), set="held-out"),
    story("hard-begins-late", "The capture begins when the session is under way, or when the password is being typed.",
          [Start(ssh(CHATTER), "none", settle=1.5), Mark("session"), Finish(), Wait(0.5),
           Start(ssh_typed(("password: ", 3, WRONG + "\n"), tries=1), "auth-failed", "host", "typed", "denied",
                 settle=1.5),
           Mark("prompt"), Finish("typed")], families=(4, 6),
          seen=[lost("begins-in-session", first="session", last="prompt"), lost("begins-at-prompt", first="prompt")]),
    story("hard-dropbear", "A dropbear's logins, let in and refused, snapped at 128 bytes and doubled.",
          [Try(ssh(), "none"), Try(dbclient(password=WRONG), "auth-failed", "host", "")], setup=[dropbear()],
          net=Net(1, delay=45), families=(6,), set="held-out",
          seen=[*WHOLE, Seen("client", name="snaplen-128", snaplen=128, form="pcapng")], derived=REORDERED[:2]),
]
