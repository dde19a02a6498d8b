# The probe, measured: both need root, and stay inside namespaces of their own.

.PHONY: probe-table
probe-table: sshsniff tools
	@tools/probe_table.py

.PHONY: probe-sweep
probe-sweep: sshsniff tools
	@tools/probe_sweep.py

.PHONY: probe-live
probe-live: sshsniff
	@tests/live/probe_live.py
