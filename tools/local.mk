# What `sshsniff local` says on a machine that is booted for it: root, systemd-nspawn and debootstrap.
DEB_LOCAL = debootstrap iproute2 python3 systemd-container util-linux

.PHONY: local-check
local-check: sshsniff ## what local says on a booted Debian, with units, limits and journals, into docs/local.md (root)
	@[ -z "$(IS_ROOT)" ] || tools/deps $(DEB_LOCAL)
	@tools/local_check.py --write

# --local beside -i. RACES attempts meet a state that is changed at once after them.
RACES ?= 200
.PHONY: local-live
local-live: sshsniff ## --local while logins fail for real, and while what is changes, into docs/local.md (root, 10 minutes)
	@tools/deps $(DEB_CHECK) $(DEB_LIVE) iptables ufw fail2ban
	@tests/local_live --races $(RACES) --write
