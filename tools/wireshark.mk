# sshsniff in Wireshark.

.PHONY: wireshark-check
wireshark-check: sshsniff ## as root: tshark lists sshsniff's interfaces, and shows live what it found
	@tests/wireshark
