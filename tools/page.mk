# The page of --html, in a browser.

.PHONY: page-check
page-check: sshsniff ## the page in chromium: what it shows, copies, prints; for keyboard and screen reader
	@tests/page/run --build $(BUILD)

# One attempt, and the ICMP error that quotes it.
PICTURE_OF     = firewall-icmp-router2-v4.pcap
PICTURE_FILTER = port 41166 or (icmp and icmp[28:2] == 41166)

# What a quarter of an hour of the lab holds.
PICTURE_PAGE   = $(wildcard $(patsubst %,pcaps/%-v4.pcap,fail2ban-default firewall-icmp-router2 firewall-icmp-server-each-kind \
                 firewall-rst-router* kernel-rst-sshd-stopped kernel-rst-other-port login-wrong-password login-wrong-user \
                 silent-drop-router* injector-* closed-tcp-wrappers login-kex-no-cipher abort-keyscan routing-loop))

.PHONY: pictures
pictures: page-check ## write docs/pictures/ again: the page and the terminal
	@mkdir -p docs/pictures
	@echo '$$ sshsniff -n -v -r $(PICTURE_OF)' >$(BUILD)/page-check/terminal.txt
	@TZ=UTC script -qec "./sshsniff -n -v -r pcaps/$(PICTURE_OF) '$(PICTURE_FILTER)'" /dev/null | tr -d '\r' | \
	    sed '/^sshsniff: /d; /^1 attempt/,$$d' >>$(BUILD)/page-check/terminal.txt
	@TZ=UTC ./sshsniff -n -q --html $(BUILD)/page-check/pictures.html $(addprefix -r ,$(PICTURE_PAGE)) >/dev/null
	@node tests/page/pictures.cjs $(BUILD)/page-check $$(command -v chromium) $(BUILD)/page-check/pictures.html $(BUILD)/page-check/terminal.txt docs/pictures
