# The probe, measured: all need root, and stay inside namespaces of their own.
DEB_PROBE = $(DEB_CHECK) $(DEB_LIVE) sudo nmap
# Stacks that are no Linux's (tools/lab/foreign.py).
DEB_FOREIGN = golang-go golang-gvisor-gvisor-dev liblwip-dev slirp4netns passt

.PHONY: probe-table
probe-table: sshsniff tools ## what the probe says where the truth is known (root)
	@tools/deps $(DEB_PROBE) $(DEB_FOREIGN)
	@tools/probe_table.py

.PHONY: probe-patient
probe-patient: sshsniff tools ## what probe --patient makes of drops that a first look leaves open (root)
	@tools/deps $(DEB_PROBE)
	@tools/probe_table.py --patient

.PHONY: probe-odd
probe-odd: sshsniff tools ## the probe where the network is no plain line (root)
	@tools/deps $(DEB_PROBE)
	@tools/probe_odd.py

.PHONY: probe-sweep
probe-sweep: sshsniff tools ## the sweep of all ports beside nmap's (root)
	@tools/deps $(DEB_PROBE)
	@tools/probe_sweep.py

.PHONY: probe-live
probe-live: sshsniff ## the probe, run and --confirm against real servers (root)
	@tools/deps $(DEB_PROBE)
	@tests/live/probe_live.py
