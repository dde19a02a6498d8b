"""Key exchanges without a common algorithm, versions that do not agree, and other protocols on the port."""

import os

from clients import asyncssh, dbclient, paramiko, plink, sock, ssh
from logins import NEAR, SLOW, V6, story
from net import Net
from sandbox import WORK
from scenario import Try
from services import dropbear, fake, inetd
from ssh_peers import (asyncssh_server, go_client, go_server, libssh_client, libssh_server, openssh, paramiko_server,
                       peer,
                       tinyssh, tls_server)

OLD = "SSH-2.0-OpenSSH_5.3"


def mismatch(client, expect=None, **more):
    return Try(client, "kex-mismatch", "host", expect, **more)


def nothing(what, client=None, **more):
    """OpenSSH says what it could not agree on, and what was offered."""
    return mismatch(client or ssh(), f"no matching {what} found. Their offer", **more)


def versions(client, expect=None, **more):
    return Try(client, "protocol-mismatch", "host", expect, **more)


def other(client, expect=None, **more):
    return Try(client, "not-ssh", "host", expect, **more)


def options(*lines):
    return ssh(options=lines)


def kexinit(*lists, version=OLD, port=22):
    """A small fake that shows a KEXINIT of old or odd lists and does what such a server does next."""
    return peer("kexinit", port, version, *lists)


OPENSSH = [
    story("kex-no-kex", "The server has only old Diffie-Hellman groups, which the client no longer knows.",
          [nothing("key exchange method"), mismatch(dbclient())],
          setup=[openssh(KexAlgorithms="diffie-hellman-group1-sha1")], families=(4, 6)),
    story("kex-no-kex-client", "The client insists on one key exchange, which the server does not have.",
          [nothing("key exchange method", options("KexAlgorithms=diffie-hellman-group14-sha1")),
           nothing("key exchange method", options("KexAlgorithms=diffie-hellman-group-exchange-sha1"))], net=NEAR),
    story("kex-no-hostkey", "The server has an RSA key and only its old signature.",
          [nothing("host key type"),
           nothing("host key type", options("HostKeyAlgorithms=ssh-ed25519"))],
          setup=[openssh(("rsa",), HostKeyAlgorithms="ssh-rsa")], families=(4, 6)),
    story("kex-no-hostkey-client", "The client insists on ECDSA where the server has an ed25519 key.",
          [nothing("host key type", options("HostKeyAlgorithms=ecdsa-sha2-nistp256,ecdsa-sha2-nistp384"))], net=SLOW,
          families=V6, set="held-out"),
    story("kex-no-cipher", "The server has only CBC ciphers, as old appliances do.",
          [nothing("cipher"), mismatch(go_client()), mismatch(libssh_client("ciphers=chacha20-poly1305@openssh.com"))],
          setup=[openssh(Ciphers="aes128-cbc,3des-cbc")], families=(4, 6)),
    story("kex-no-cipher-client", "The client insists on 3des-cbc.", [nothing("cipher", options("Ciphers=3des-cbc"))],
          net=Net(delay=5)),
    story("kex-no-mac", "The server has only hmac-md5, and the client a cipher that needs a MAC.",
          [nothing("MAC", options("Ciphers=aes128-ctr")),
           nothing("MAC", options("Ciphers=aes256-ctr,aes192-ctr"))],
          setup=[openssh(Ciphers="aes128-ctr,aes256-ctr", MACs="hmac-md5-96")], families=(4, 6)),
    story("kex-no-mac-client", "The client insists on hmac-md5 with a CTR cipher.",
          [nothing("MAC", options("Ciphers=aes128-ctr", "MACs=hmac-md5,hmac-md5-96"))], net=SLOW, set="held-out"),
    story("kex-hardened-server", "A server hardened by a guide meets Paramiko, dbclient and Go.",
          [mismatch(paramiko()), mismatch(dbclient()), mismatch(go_client())],
          setup=[openssh(KexAlgorithms="sntrup761x25519-sha512@openssh.com", Ciphers="aes256-gcm@openssh.com",
                         MACs="hmac-sha2-512-etm@openssh.com")]),
]

ODD = [
    story("kex-no-compression", "A small fake that insists on compression, which Go and Paramiko do not want.",
          [mismatch(go_client()), mismatch(paramiko())], setup=[kexinit("compression_out=zlib",
                                                                        "compression_back=zlib")]),
    story("kex-no-compression-back", "The same from the server to the client only.",
          [mismatch(go_client()), mismatch(paramiko())], setup=[kexinit("compression_back=zlib@openssh.com")],
          net=SLOW, families=V6,
          set="held-out"),
    story("kex-no-cipher-back", "A small fake that has no cipher in common from the server to the client, and one in "
                                "the "
          "other direction; then the same for the MAC.",
          [nothing("cipher"), nothing("MAC", options("Ciphers=aes128-ctr"), port=2222)],
          setup=[kexinit("cipher_back=arcfour,blowfish-cbc"), kexinit("cipher_out=aes128-ctr", "cipher_back=aes128-ctr",
                                                                     "mac_out=hmac-sha2-256", "mac_back=hmac-ripemd160",
                                                                     port=2222)], more_ports=(2222,)),
    story("kex-old-appliance", "A small fake with the lists of a switch of 2008: group1, ssh-dss, CBC ciphers, "
                               "hmac-md5.",
          [nothing("key exchange method"), mismatch(dbclient()), mismatch(libssh_client()), mismatch(go_client())],
          setup=[kexinit("kex=diffie-hellman-group1-sha1", "hostkey=ssh-dss", "cipher_out=3des-cbc,des-cbc",
                         "cipher_back=3des-cbc,des-cbc", "mac_out=hmac-md5,hmac-sha1-96",
                         "mac_back=hmac-md5,hmac-sha1-96",
                         version="SSH-2.0-Cisco-1.25")], families=(4, 6)),
    story("kex-rsa-only-appliance", "A small fake that has group14-sha1 for the key exchange, ssh-rsa for its key, "
                                    "and waits "
          "for the client to leave.",
          [nothing("key exchange method"),
           nothing("host key type", options("KexAlgorithms=+diffie-hellman-group14-sha1"))],
          setup=[kexinit("kex=diffie-hellman-group14-sha1", "hostkey=ssh-rsa", "close=60",
                         version="SSH-1.99-Cisco-1.25")], net=SLOW, families=V6, set="held-out"),
    story("kex-server-closes-first", "A small fake that resets or closes as soon as it has read the client's KEXINIT.",
          [mismatch(ssh(), "no matching|closed|reset"), mismatch(ssh(), "no matching|closed|reset", port=2222)],
          setup=[kexinit("kex=diffie-hellman-group1-sha1", "close=0"),
                 kexinit("kex=diffie-hellman-group1-sha1", "close=reset", port=2222)], more_ports=(2222,)),
    story("kex-ssh-disconnect", "The client's own DISCONNECT follows a KEXINIT without anything common.",
          [mismatch(libssh_client("kex=diffie-hellman-group18-sha512")),
           mismatch(go_client(kex="diffie-hellman-group14-sha1"))],
          setup=[openssh(KexAlgorithms="curve25519-sha256")], net=NEAR, families=V6),
]

SERVERS = [
    story("kex-at-dropbear", "Dropbear meets a client that insists on what it does not have.",
          [mismatch(options("KexAlgorithms=diffie-hellman-group18-sha512")),
           mismatch(options("Ciphers=aes128-gcm@openssh.com")),
           mismatch(options("HostKeyAlgorithms=ecdsa-sha2-nistp384"))], setup=[dropbear()], families=(4, 6)),
    story("kex-at-tinyssh", "TinySSH has one cipher; the client has others.",
          [mismatch(options("Ciphers=aes128-ctr")), mismatch(options("KexAlgorithms=ecdh-sha2-nistp256")),
           mismatch(paramiko())], setup=[tinyssh()]),
    story("kex-at-paramiko", "Paramiko's server has no chacha20-poly1305 and no gcm.",
          [mismatch(options("Ciphers=chacha20-poly1305@openssh.com")),
           mismatch(options("KexAlgorithms=sntrup761x25519-sha512"))],
          setup=[paramiko_server()], families=V6, set="held-out"),
    story("kex-at-go", "Go's server has no CBC ciphers and no sntrup.",
          [mismatch(options("Ciphers=aes256-cbc")),
           mismatch(options("KexAlgorithms=sntrup761x25519-sha512@openssh.com"))],
          setup=[go_server()]),
    story("kex-at-libssh", "libssh's server has no umac.",
          [mismatch(options("Ciphers=aes128-ctr", "MACs=umac-64@openssh.com")),
           mismatch(options("HostKeyAlgorithms=ecdsa-sha2-nistp256"))], setup=[libssh_server()], families=V6),
    story("kex-at-asyncssh", "AsyncSSH's server has an ed25519 key, and the client wants RSA.",
          [mismatch(options("HostKeyAlgorithms=rsa-sha2-512"))], setup=[asyncssh_server()], net=NEAR),
]

MAJOR = [
    story("version-1.5", "A small fake that says SSH-1.5 as servers of the nineties did.",
          [versions(ssh(), "Protocol major versions differ"), versions(paramiko()), versions(dbclient()),
           versions(libssh_client())],
          setup=[fake("greet", "SSH-1.5-1.2.27\\n", 10)], families=(4, 6)),
    story("version-1.5-cisco", "A small fake with the banner of an old router.",
          [versions(ssh(), "Protocol major versions differ"), versions(go_client()), versions(plink())],
          setup=[fake("greet", "SSH-1.5-Cisco-1.25\\n", 10)], net=SLOW, families=V6, set="held-out"),
    story("version-client-old", "A plain socket says SSH-1.5 to a real sshd, which refuses it.",
          [Try(sock(send="SSH-1.5-PuTTY_Release_0.53\\n", read=3), "protocol-mismatch", "client", "major versions "
                                                                                                "differ")]),
]

GREETINGS = {
    "http": "HTTP/1.1 400 Bad Request\\r\\nServer: nginx/1.22.1\\r\\nContent-Type: text/html\\r\\nContent-Length: "
            "30\\r\\n"
            "Connection: close\\r\\n\\r\\n<html>400 Bad Request</html>\\r\\n",
    "proxy": "HTTP/1.1 503 Service Unavailable\\r\\nServer: squid/5.7\\r\\nX-Squid-Error: ERR_CONNECT_FAIL "
             "111\\r\\nConnection: "
             "close\\r\\n\\r\\n<html><body>The requested URL could not be retrieved</body></html>\\r\\n",
    "smtp": "220 mail.example.net ESMTP Postfix (Debian/GNU)\\r\\n",
    "ftp": "220 (vsFTPd 3.0.3)\\r\\n",
    "pop3": "+OK Dovecot (Debian) ready.\\r\\n",
    "telnet": "\\xff\\xfd\\x18\\xff\\xfd \\xff\\xfd#\\xff\\xfd\\x27",
    "mysql": "J\\x00\\x00\\x00\\n8.0.35\\x00\\x08\\x00\\x00\\x00abcdefgh\\x00\\xff\\xf7\\xff\\x02\\x00",
    "vnc": "RFB 003.008\\n",
}
INVALID = "[Ii]nvalid SSH identification|Connection (closed|reset)|timed out|[Bb]anner"


def greeting(kind, seconds, port=22):
    return fake("greet", GREETINGS[kind], seconds, port=port)


def gnutls_server(lab):
    """gnutls-serv with a certificate of its own."""
    run = lab.network.run
    run("server", "certtool", "--generate-privkey", "--key-type", "ecdsa", "--outfile", WORK + "/tls.key")
    with open(WORK + "/tls.template", "w") as template:
        template.write("cn = lab\n")
    run("server", "certtool", "--generate-self-signed", "--load-privkey", WORK + "/tls.key", "--template",
        WORK + "/tls.template", "--outfile", WORK + "/tls.crt")
    lab.daemons["tls"] = lab.network.start("server", "gnutls-serv", "--quiet", "--http", "--port", "22",
                                           "--x509keyfile",
                                           WORK + "/tls.key", "--x509certfile", WORK + "/tls.crt")
    lab.network.wait_listening("server", 22)


def http_server(lab):
    """Python's own web server, which answers the client's version string with an error."""
    os.makedirs(WORK + "/www", exist_ok=True)
    lab.daemons["http"] = lab.network.start("server", "/usr/bin/python3", "-m", "http.server", "--bind", "::", "22",
                                            "--directory", WORK + "/www")
    lab.network.wait_listening("server", 22)


PROTOCOLS = [
    story("not-ssh-http", "A real web server on port 22.", [other(ssh(connect_timeout=6), INVALID), other(paramiko())],
          setup=[http_server], families=(4, 6)),
    story("not-ssh-http-other", "A greeting like that of nginx, which closes.",
          [other(ssh(), INVALID), other(go_client()), other(libssh_client())], setup=[greeting("http", 0.2)], net=SLOW,
          set="held-out"),
    story("not-ssh-proxy", "A proxy's error page where SSH was asked for.", [other(ssh(), INVALID), other(dbclient())],
          setup=[greeting("proxy", 0.5)], families=V6),
    story("not-ssh-tls", "GnuTLS's server on port 22, which answers with an alert.",
          [other(ssh(connect_timeout=6), INVALID), other(plink())], setup=[gnutls_server], families=(4, 6)),
    story("closed-by-tls", "A TLS server of Go on port 22, which hears no TLS and closes without a word.",
          [Try(ssh(connect_timeout=6), "closed-before-banner", "host", INVALID)], setup=[tls_server()]),
    story("not-ssh-smtp", "A mail server's greeting, made by a small fake.", [other(ssh(connect_timeout=5), INVALID)],
          setup=[greeting("smtp", 8)]),
    story("not-ssh-ftp", "An FTP server's greeting, made by a small fake.",
          [other(ssh(connect_timeout=5), INVALID), other(asyncssh(seconds=4))], setup=[greeting("ftp", 8)],
          families=V6),
    story("not-ssh-echo", "inetd's way of an echo service: cat answers on port 22, so that each hears itself.",
          [other(ssh(timeout=8), "kex_protocol_error"),
           other(dbclient(timeout=6), "")], setup=[inetd("/bin/cat")], families=(4, 6)),
    story("not-ssh-others", "Small fakes of POP3, VNC and MySQL, each on a port of its own.",
          [other(ssh(connect_timeout=4), INVALID), other(ssh(connect_timeout=4), INVALID, port=2222),
           other(ssh(connect_timeout=4), INVALID, port=2223)],
          setup=[greeting("pop3", 8), greeting("vnc", 8, 2222), greeting("mysql", 8, 2223)], more_ports=(2222, 2223),
          net=NEAR, set="held-out"),
]

SCENARIOS = OPENSSH + ODD + SERVERS + MAJOR + PROTOCOLS
