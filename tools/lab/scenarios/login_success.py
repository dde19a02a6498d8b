"""x"""
from clients import *
from capture import Seen
from net import Net
from scenario import Do, Finish, Scenario, Start, Together, Try, Wait
from services import *
from sandbox import WORK
def cp(lab):
    import shutil
    for f in ("/var/log/auth.log", WORK+"/dropbear.log"):
        shutil.copy(f, "/tmp/cp-"+f.split("/")[-1])
SCENARIOS=[Scenario("login-x","x",logged=True,setup=[dropbear(), inetd("tinysshd","-vl",WORK+"/tinyssh",port=23), lambda lab: __import__("subprocess").run(["tinysshd-makekey","-q",WORK+"/tinyssh"])],more_ports=(23,), steps=[Try(ssh(),"none"),Try(ssh(password=WRONG,tries=2),"auth-failed","host"),
 Try(ssh(password=GOOD,tries=2),"none"),
 Try(ssh(user="nobody1",password=WRONG,tries=2),"auth-failed","host"),
 Try(ssh(user="nobody1"),"auth-failed","host"),
 Try(ssh(options=("KexAlgorithms=diffie-hellman-group18-sha512",)),"kex-mismatch","host"),
 Try(ssh(options=("KexAlgorithms=diffie-hellman-group18-sha512",)),"kex-mismatch","host",port=23),
 Try(ssh(),"none",port=23),
 Try(ssh(user="nobody1"),"auth-failed","host",port=23),
 Try(ssh(password="x"),"auth-failed","host",port=23),
  Do(cp)])]
