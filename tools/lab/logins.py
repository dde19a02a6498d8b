"""What the tables of logins share: links of three lengths, and a scenario whose servers' logs are believed."""

from net import Net
from scenario import Scenario
from ssh_peers import openssh

V4, V6 = (4,), (6,)
NEAR, FAR, SLOW = Net(1, delay=5), Net(1, delay=20), Net(2, delay=(5, 10, 60))


def story(name, text, steps, net=FAR, families=V4, setup=(openssh(),), **more):
    """One family each, unless said, so that the captures stay few and both are met."""
    return Scenario("login-" + name, text, steps=steps, net=net, families=families, setup=list(setup), logged=True,
                    **more)
