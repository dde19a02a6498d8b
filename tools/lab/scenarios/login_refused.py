"""Logins that the server refuses, and logins that a client leaves in the middle."""

from clients import GOOD, WRONG, ssh
from logins import NEAR, SLOW, V6, story
from net import Net
from sandbox import USER
from scenario import Do, Try
from ssh_peers import (key, openssh,
                       ssh_keys, ssh_typed, with_agent)

KBDINT = {"KbdInteractiveAuthentication": "yes", "PasswordAuthentication": "no"}
KEYS_ONLY = {"PasswordAuthentication": "no"}
DENIED = "Permission denied"
TOO_MANY = "Too many authentication failures|disconnect"


def refused(client, expect=DENIED, **more):
    return Try(client, "auth-failed", "host", expect, **more)


def left(client, expect="", **more):
    return Try(client, "client-abort", "client", expect, **more)


def typing(count, pattern="assword: ", pause=1.2):
    """So many wrong passwords of several lengths."""
    return [(pattern, pause, text + "\n") for text in ("wrong", "correct house", "x", "Correct-Horse-Battery", "a",
                                                       "b")[:count]]


def mixed(cipher, mac=None):
    """A wrong password, three of them by hand, and keys that the server does not know, with one cipher."""
    options = (f"Ciphers={cipher}", *((f"MACs={mac}",) if mac else ()))
    return [refused(ssh(password=WRONG, options=options)), refused(ssh_typed(*typing(3), options=options)),
            refused(ssh_keys("ed25519", "rsa-2048", options=options))]


def shell_accounts(lab):
    """An account that has expired, one that is locked, and one that may not come in."""
    run = lab.network.run
    for name, more in (("former", ["-e", "2020-01-01"]), ("locked", []), ("denied", [])):
        run("server", "useradd", "-m", "-s", "/bin/sh", *more, name)
    run("server", "chpasswd", input=f"former:{GOOD}\nlocked:{GOOD}\ndenied:{GOOD}\nroot:{GOOD}\n")
    run("server", "usermod", "-L", "locked")


def expire_key(lab):
    """The expired account has the lab's key as well: the key is right, and PAM's account check says no."""
    lab.network.run("server", "cp", "-r", f"/home/{USER}/.ssh", "/home/former/")
    lab.network.run("server", "chown", "-R", "former:former", "/home/former/.ssh")


def spoil_modes(lab):
    """sshd ignores keys that others could have written."""
    lab.network.run("server", "chmod", "0777", f"/home/{USER}/.ssh/authorized_keys", f"/home/{USER}/.ssh")


AGENT = ("ed25519", "rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-256", "ecdsa-384", "ecdsa-521")

PASSWORDS = [
    story("wrong-password", "One wrong password from a program, then three from a person, who gives up.",
          [refused(ssh(password=WRONG)), refused(ssh_typed(*typing(3)))], families=(4, 6)),
    story("wrong-password-twice", "Two prompts only, and a client that waits long before the second.",
          [refused(ssh_typed((r"password: ", 1, "a\n"), (r"password: ", 6, "b\n"), tries=2)),
           refused(ssh(password=WRONG, tries=2))], net=SLOW, families=V6, set="held-out"),
    story("max-auth-tries", "MaxAuthTries is 3: the server disconnects somebody who types a third wrong password.",
          [refused(ssh_typed(*typing(5), tries=5), TOO_MANY)], setup=[openssh(MaxAuthTries="3")], families=(4, 6)),
    story("max-auth-tries-six", "The default of six: ssh is told to ask eight times, and the server ends it.",
          [refused(ssh(password=WRONG, tries=8), TOO_MANY)], net=NEAR),
    story("max-auth-tries-two", "MaxAuthTries is 2: the second wrong password ends it.",
          [refused(ssh(password=WRONG, tries=3), TOO_MANY)], setup=[openssh(MaxAuthTries="2")], net=SLOW,
          set="held-out"),
    story("wrong-user", "A user whom the server does not know, with a password and with a key.",
          [refused(ssh(user="nobody-here", password=WRONG)), refused(ssh(user="nobody-here")),
           refused(ssh_typed(*typing(3), user="admin"))], families=(4, 6)),
    story("kbdint-wrong", "Keyboard-interactive, three wrong answers; then one.",
          [refused(ssh_typed(*typing(3))), refused(ssh(password=WRONG))], setup=[openssh(**KBDINT)], families=(4, 6)),
    story("kbdint-too-many", "Keyboard-interactive and MaxAuthTries 2.",
          [refused(ssh_typed(*typing(4), tries=4), TOO_MANY)],
          setup=[openssh(MaxAuthTries="2", **KBDINT)], net=SLOW, families=V6, set="held-out"),
    story("no-pam", "A server without PAM, which answers a wrong password at once.",
          [refused(ssh(password=WRONG, tries=3)), refused(ssh_typed(*typing(2), tries=2))],
          setup=[openssh(UsePAM="no")], net=Net(delay=5)),
    story("empty-password", "Somebody presses Enter at each prompt.",
          [refused(ssh_typed(*[(r"password: ", 0.8, "\n")] * 3))], net=NEAR, families=V6),
]

RULES = [
    story("denied-users", "DenyUsers and AllowUsers keep a user out, whose password is right.",
          [refused(ssh(user="denied", password=GOOD)), refused(ssh(user="denied"))],
          setup=[shell_accounts, openssh(DenyUsers="denied")]),
    story("allow-groups", "AllowGroups keeps everybody out but operators.",
          [refused(ssh(password=GOOD)), refused(ssh())], setup=[openssh(AllowGroups="operators")], families=V6),
    story("root-login", "PermitRootLogin no, and the right password of root; then prohibit-password.",
          [refused(ssh(user="root", password=GOOD)), refused(ssh(user="root", password=GOOD, tries=3), port=2222)],
          setup=[shell_accounts, openssh(PermitRootLogin="no"), openssh(port=2222,
                                                                        PermitRootLogin="prohibit-password")],
          more_ports=(2222,)),
    story("expired-account", "An account that has expired: PAM lets the password pass, and then refuses the account.",
          [refused(ssh(user="former", password=GOOD), None), refused(ssh(user="former"), None),
           refused(ssh(user="locked", password=GOOD))],
          setup=[shell_accounts, expire_key, openssh()]),
]

KEYS = [
    story("publickey-only", "The server takes keys only, and the client's is not among those it knows.",
          [refused(ssh_keys("ed25519"), r"publickey"), refused(ssh_keys("rsa-3072", "ecdsa-256"), r"publickey"),
           refused(ssh(password=WRONG), r"publickey")],
          setup=[openssh(**KEYS_ONLY)], families=(4, 6)),
    story("no-right-key", "Three keys that the server does not know, where passwords would do but nobody is there to "
                          "type.",
          [refused(ssh_keys("ed25519", "rsa-2048", "ecdsa-256"))], net=SLOW, families=V6, set="held-out"),
    story("too-many-keys", "An agent with seven keys, none of which is known: the server has enough after six.",
          [refused(with_agent(ssh(), *AGENT), TOO_MANY)]),
    story("too-many-keys-before-right", "MaxAuthTries is 3, and the right key would have been the fifth.",
          [refused(ssh_keys("ed25519", "rsa-2048", "ecdsa-256", "ecdsa-384", "lab"), TOO_MANY)],
          setup=[openssh(MaxAuthTries="3")], families=V6),
    story("keys-then-password", "A key that is not known, then two wrong passwords.",
          [refused(ssh_typed(*typing(2), tries=2, options=("IdentityFile=/run/lab/key-ed25519",)))],
          setup=[lambda lab: key("ed25519"), openssh()]),
    story("key-of-other-user", "The right key for the wrong user, and authorized_keys that anybody may write.",
          [refused(ssh(user="daemon")), Do(spoil_modes), refused(ssh())], setup=[openssh(**KEYS_ONLY)], net=NEAR),
]

CIPHERS = [
    story("refused-aes128-gcm", "Refused logins with aes128-gcm.", mixed("aes128-gcm@openssh.com")),
    story("refused-aes256-gcm", "Refused logins with aes256-gcm.", mixed("aes256-gcm@openssh.com"), net=SLOW,
          families=V6,
          set="held-out"),
    story("refused-aes256-ctr-etm", "Refused logins with aes256-ctr and hmac-sha2-512-etm.",
          mixed("aes256-ctr", "hmac-sha2-512-etm@openssh.com"), families=V6),
    story("refused-aes128-ctr-sha2-256", "Refused logins with aes128-ctr and hmac-sha2-256.",
          mixed("aes128-ctr", "hmac-sha2-256"), net=Net(delay=5)),
    story("refused-aes256-ctr-umac-64", "Refused logins with aes256-ctr and umac-64.",
          mixed("aes256-ctr", "umac-64@openssh.com"), net=Net(1, delay=60), set="held-out"),
    story("refused-aes192-ctr-umac-128-etm", "Refused logins with aes192-ctr and umac-128-etm.",
          mixed("aes192-ctr", "umac-128-etm@openssh.com"), net=NEAR, families=V6),
    story("refused-aes128-ctr-sha1", "Refused logins with aes128-ctr and hmac-sha1.", mixed("aes128-ctr", "hmac-sha1")),
]

SCENARIOS = PASSWORDS + RULES + KEYS + CIPHERS
