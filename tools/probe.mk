# The probe, measured: both need root, and stay inside namespaces of their own.

.PHONY: probe-table
probe-table: sshsniff tools
	@tools/probe_table.py
