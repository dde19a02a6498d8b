# Targets that are not the build itself: dependencies, demo, tests, lint, lab, install.

# The first goal of a fresh clone must not need anything installed by hand.
DEB_BUILD = gcc make pkg-config libpcap-dev libnet1-dev libcmocka-dev libzstd-dev zlib1g-dev nettle-dev

$(BUILD)/.deps:
	@mkdir -p $(BUILD)
	@tools/deps $(DEB_BUILD)
	@touch $@

.PHONY: deps
deps:
	@tools/deps $(DEB_BUILD)

.PHONY: unit
unit: $(TESTS)
	@set -e; for t in $(TESTS); do $$t; done

.PHONY: clean
clean:
	rm -rf $(BUILD) sshsniff
