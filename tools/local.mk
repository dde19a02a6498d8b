# What `sshsniff local` says on a machine that is booted for it: root, systemd-nspawn and debootstrap.
DEB_LOCAL = debootstrap iproute2 python3 systemd-container util-linux

.PHONY: local-check
local-check: sshsniff ## what local says on a booted Debian, with units, limits and journals, into docs/local.md (root)
	@[ -z "$(IS_ROOT)" ] || tools/deps $(DEB_LOCAL)
	@tools/local_check.py --write
