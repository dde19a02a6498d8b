# Targets that are not the build itself: dependencies, demo, tests, fuzzing, lint, install.

# The first goal of a fresh clone must not need anything installed by hand; the compiler is the one that CC names.
CC_NAME  := $(notdir $(lastword $(CC)))
DEB_CC    = $(if $(filter clang%,$(CC_NAME)),$(CC_NAME) libclang-rt$(CC_NAME:clang%=%)-dev,$(sort gcc $(filter gcc%,$(CC_NAME))))
DEB_BUILD = $(DEB_CC) make pkg-config libpcap-dev libnet1-dev libcmocka-dev libzstd-dev zlib1g-dev nettle-dev libcap-ng-dev libseccomp-dev libjansson-dev libmnl-dev
DEB_CHECK = python3 strace tcpdump valgrind zstd
DEB_LINT  = clang-format clang-tidy cppcheck libssh-dev
DEB_FUZZ  = clang libclang-rt-dev llvm
# What the live tests of `make check` make fail for real; only root can, so only root needs it.
DEB_LIVE  = dropbear-bin ethtool iproute2 libcap2-bin nftables openssh-client openssh-server passwd procps strace sudo util-linux
IS_ROOT  := $(filter 0,$(shell id -u))

# All that compiles waits for .deps, and so for what is made for it.
$(MADE)/page_files_made.h: tools/embed $(PAGE_FILES)
	@mkdir -p $(@D)
	@tools/embed $(PAGE_FILES) >$@.part
	@mv $@.part $@

$(BUILD)/.deps: | $(MADE)/page_files_made.h
	@mkdir -p $(BUILD)
	@tools/deps $(DEB_BUILD)
	@touch $@

$(BUILD)/.deps-check: $(BUILD)/.deps
	@tools/deps $(DEB_CHECK) $(if $(IS_ROOT),$(DEB_LIVE))
	@touch $@

$(BUILD)/.deps-lint: $(BUILD)/.deps
	@tools/deps $(DEB_LINT)
	@touch $@

$(BUILD)/.deps-fuzz: $(BUILD)/.deps
	@tools/deps $(DEB_FUZZ) $(DEB_CHECK)
	@touch $@

.PHONY: deps
deps: ## install what the build needs (Debian)
	@tools/deps $(DEB_BUILD)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile tools/*.mk

.PHONY: demo
demo: sshsniff ## build, and show verdicts for the four headline cases from pcaps/
	@tools/demo

# Tests.

.PHONY: unit
unit: $(TESTS) ## unit tests alone, under the sanitizers
	@set -e; for t in $(TESTS); do $$t; done

# All rooms with the sanitizers but the one that sends, as a library for the drivers that damage captures.
HOSTILE_LIB := $(filter-out $(BUILD)/asan/src/cli/main.o $(BUILD)/asan/src/probe/%,$(ASAN_OBJ))

$(BUILD)/hostile/libasan.a: $(HOSTILE_LIB)
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

HOSTILE_OBJ := $(patsubst %.c,$(BUILD)/asan/%.o,$(filter-out tests/hostile/speech.c,$(wildcard tests/hostile/*.c)))

$(BUILD)/hostile/hostile: $(HOSTILE_OBJ) $(BUILD)/hostile/libasan.a
	$(LINK_SAN) -o $@ $^ $(LIBS)

# Work is counted at each branch; see tests/hostile/speech.c.
$(BUILD)/counted/%.o: %.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(COMPILE_SAN) -fsanitize-coverage=trace-pc -c -o $@ $<

COUNTED_SRC := $(filter src/decode/% src/ssh/% src/track/% src/evidence/% src/diagnose/% src/report/%,$(LIB_SRC))
SPEECH_OBJ  := $(patsubst %,$(BUILD)/asan/tests/hostile/%.o,speech pipeline json_valid) $(COUNTED_SRC:%.c=$(BUILD)/counted/%.o)

$(BUILD)/hostile/speech: $(SPEECH_OBJ) $(BUILD)/hostile/libasan.a
	$(LINK_SAN) -o $@ $^ $(LIBS)

$(BUILD)/hostile/labels.tsv: pcaps/manifest.jsonl tests/hostile/labels.py | $(BUILD)/.deps-check
	@mkdir -p $(@D)
	@tests/hostile/labels.py $< >$@

HOSTILE = $(addprefix $(BUILD)/hostile/,hostile speech labels.tsv)

.PHONY: hostile
hostile: $(HOSTILE) ## damaged captures and hostile speech alone
	@$(BUILD)/hostile/speech
	@$(BUILD)/hostile/hostile pcaps $(BUILD)/hostile/labels.tsv

.PHONY: hostile-long
hostile-long: $(HOSTILE) ## the same with many more random rounds
	@$(BUILD)/hostile/speech
	@$(BUILD)/hostile/hostile --long pcaps $(BUILD)/hostile/labels.tsv

.PHONY: cuts
cuts: sshsniff ## captures that lack something: all of pcaps/, cut in all ways
	@tests/cuts

.PHONY: losses
losses: sshsniff ## captures that lost frames, or whose frames crossed, came twice or were cut: all of pcaps/
	@tests/losses

.PHONY: lies
lies: sshsniff ## captures with one forged packet in them: all of pcaps/, every kind of packet
	@tests/lies --every 1

# A clock that is set, for the one process that has it loaded.
$(BUILD)/clock_step.so: tests/live/clock_step.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CSTD) $(WARN) -O1 $(DEBUG) -fPIC $(CFLAGS) -shared $(LDFLAGS) -o $@ $< -ldl

.PHONY: live
live: sshsniff tools $(BUILD)/clock_step.so $(BUILD)/.deps-check ## real logins failing between network namespaces (root)
	@tests/live/run --program ./sshsniff

# What the tests of privilege make processes do that they must not.
$(BUILD)/make_call: tests/privilege/make_call.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) -o $@ $<

.PHONY: privilege
privilege: sshsniff $(BUILD)/make_call $(BUILD)/.deps-check ## what each process may do, and attempts to do more (root)
	@tests/privilege/run --program ./sshsniff

.PHONY: privilege-table
privilege-table: sshsniff $(BUILD)/make_call $(BUILD)/.deps-check ## write the table in SECURITY.md again, from processes that run (root)
	@tools/privilege_table

.PHONY: text-update
text-update: sshsniff ## write anew what tests/text/ keeps: what a person sees of telling captures
	@tests/text_as_seen --update

.PHONY: valgrind
valgrind: sshsniff $(BUILD)/.deps-check ## every capture of pcaps/ under valgrind; some 20 minutes
	@tests/valgrind --all

.PHONY: ports-table
ports-table: sshsniff tools $(BUILD)/.deps-check ## the same failures on four ports, live in three places (root, 4 minutes)
	@tools/ports_table.py --program ./sshsniff
	@tools/ports_table.py --program ./sshsniff --cold

# Builds first, on all cores and without a word unless something is wrong; then the parts, side by side.
.PHONY: check
check: $(BUILD)/.deps-check ## all tests; the last line counts them
	@$(MAKE) --no-print-directory -s -j$$(nproc) sshsniff tools $(BUILD)/make_call $(BUILD)/clock_step.so $(BUILD)/read_rules $(TESTS) $(HOSTILE) $(REPLAYS) $(ASAN_OBJ) $(FAULTS)
	@tests/check --build $(BUILD) $(TESTS)

.PHONY: calibration
calibration: sshsniff ## how often verdicts of each confidence were right on pcaps/
	@tools/score --calibration --no-thresholds

# Documents made from the program's own tables.

$(BUILD)/causes_page: tools/doc/causes_page.c $(LIB_OBJ)
	$(COMPILE) $(HARDEN_LINK) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) $(LIBS)

.PHONY: causes-doc
causes-doc: $(BUILD)/causes_page ## write docs/causes.md again, from the causes' rows
	@mkdir -p docs
	$< >docs/causes.md

# As a new user would, in an empty Debian 12 (bookworm) or 13 (trixie), with the compiler that CC names.
SUITE     ?= bookworm
CC_CHOSEN := $(if $(filter command environment,$(firstword $(origin CC))),CC=$(CC))

.PHONY: debian
debian: ## make demo and make check in an empty Debian: SUITE=trixie, CC=clang (root)
	@tools/debian $(SUITE) $(BUILD)/debian $(CC_CHOSEN)

# The captures of pcaps/, made again from real software failing between network namespaces; as root, some fifteen minutes.

JOBS ?= 4

.PHONY: lab
lab: tools $(BUILD)/.deps-lab ## make all of pcaps/ and its manifest again (root)
	@tools/lab/lab all -j $(JOBS)

$(BUILD)/.deps-lab: tools/lab/packages.txt | $(BUILD)/.deps
	@tools/deps $$(grep -v '^#' $<)
	@touch $@

# The harnesses' short form: what was found once, and some changed inputs, without libFuzzer.
REPLAYS := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/replay/%,$(wildcard tests/fuzz/fuzz_*.c))

$(BUILD)/replay/%: $(BUILD)/asan/tests/fuzz/fuzz_%.o $(BUILD)/asan/tests/fuzz/replay.o $(filter-out $(BUILD)/asan/src/cli/main.o,$(ASAN_OBJ))
	@mkdir -p $(@D)
	$(LINK_SAN) -o $@ $^ $(LIBS)

# Fuzzing: libFuzzer on each harness of tests/fuzz, with seeds from pcaps/.

SECONDS   ?= 60
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
FUZZERS   := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/fuzz/%)
FUZZ_OBJ  := $(LIB_SRC:%.c=$(BUILD)/fuzz/%.o)
FUZZ_FLAGS = $(INCLUDES) $(CPPFLAGS) $(CSTD) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(CFLAGS)

$(BUILD)/fuzz/src/%.o: src/%.c | $(BUILD)/.deps-fuzz
	@mkdir -p $(@D)
	clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJ)
	@mkdir -p $(@D)
	clang $(FUZZ_FLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< $(FUZZ_OBJ) $(LDFLAGS) $(LIBS)

.PHONY: fuzz
fuzz: ## libFuzzer on each parser, SECONDS=60 each; then the lines reached
	@$(MAKE) --no-print-directory -s -j$$(nproc) $(FUZZERS)
	@tests/fuzz/run --seconds $(SECONDS) --build $(BUILD) $(FUZZERS)
	@$(MAKE) --no-print-directory -s fuzz-coverage

# The same harnesses with clang's source coverage, each run once over all that fuzzing has kept: no sanitizers, for they add
# branches of their own.

COVER_FLAGS = $(INCLUDES) $(CPPFLAGS) $(CSTD) -O0 -g -fprofile-instr-generate -fcoverage-mapping $(CFLAGS)
COVERED    := $(FUZZ_SRC:tests/fuzz/%.c=$(BUILD)/cover/%)

$(BUILD)/cover/%.o: %.c | $(BUILD)/.deps-fuzz
	@mkdir -p $(@D)
	clang $(COVER_FLAGS) -MMD -MP -c -o $@ $<

$(COVERED): $(BUILD)/cover/%: $(BUILD)/cover/tests/fuzz/%.o $(BUILD)/cover/tests/fuzz/replay.o $(LIB_SRC:%.c=$(BUILD)/cover/%.o)
	clang $(COVER_FLAGS) -o $@ $^ $(LDFLAGS) $(LIBS)

.PHONY: fuzz-coverage
fuzz-coverage: ## lines that the corpus and what fuzzing has kept reach, for each folder of src/
	@$(MAKE) --no-print-directory -s -j$$(nproc) $(COVERED)
	@tests/fuzz/coverage --build $(BUILD) $(COVERED)

# Style and static analysis.

.PHONY: lint
lint: $(BUILD)/.deps-lint ## clang-format, clang-tidy and cppcheck; findings are errors
	@CC="$(CC)" WARN="$(WARN)" tools/lint $(INCLUDES) $(CPPFLAGS) $(CSTD)

# Installing.

MANUAL     = $(PREFIX)/share/man/man8/sshsniff.8
COMPLETION = $(PREFIX)/share/bash-completion/completions/sshsniff
COMPLETION_ZSH  = $(PREFIX)/share/zsh/site-functions/_sshsniff
COMPLETION_FISH = $(PREFIX)/share/fish/vendor_completions.d/sshsniff.fish
LUA        = $(PREFIX)/share/sshsniff/sshsniff.lua
METRICS_CONF    = $(PREFIX)/share/sshsniff/metrics.conf
UNITS      = $(addprefix $(PREFIX)/lib/systemd/system/,sshsniff.service sshsniff@.service)
ACCOUNT    = $(PREFIX)/lib/sysusers.d/sshsniff.conf

.PHONY: install
install: sshsniff ## program, manual page, completions, systemd units and account, into PREFIX (/usr/local), below DESTDIR
	install -D -m 755 sshsniff $(DESTDIR)$(PREFIX)/bin/sshsniff
	install -D -m 644 tools/install/sshsniff.8 $(DESTDIR)$(MANUAL)
	install -D -m 644 tools/install/sshsniff.bash $(DESTDIR)$(COMPLETION)
	install -D -m 644 tools/install/sshsniff.zsh $(DESTDIR)$(COMPLETION_ZSH)
	install -D -m 644 tools/install/sshsniff.fish $(DESTDIR)$(COMPLETION_FISH)
	install -D -m 644 tools/install/sshsniff.lua $(DESTDIR)$(LUA)
	install -d $(dir $(DESTDIR)$(METRICS_CONF))
	sed 's|@PREFIX@|$(PREFIX)|' tools/install/metrics.conf >$(DESTDIR)$(METRICS_CONF)
	tools/install/units $(PREFIX) $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -D -m 644 tools/install/sshsniff.sysusers $(DESTDIR)$(ACCOUNT)
	@[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || systemd-sysusers $(ACCOUNT)
	@echo "To capture without root: sudo setcap cap_net_raw,cap_net_admin=ep $(DESTDIR)$(PREFIX)/bin/sshsniff"

.PHONY: uninstall
uninstall: ## remove what install put there
	rm -f $(addprefix $(DESTDIR),$(PREFIX)/bin/sshsniff $(MANUAL) $(COMPLETION) $(COMPLETION_ZSH) $(COMPLETION_FISH) $(LUA) $(METRICS_CONF) $(UNITS) $(ACCOUNT))

.PHONY: clean
clean: ## remove everything built
	rm -rf $(BUILD) sshsniff

# Which rule a SYN meets: what the tests ask, and against real firewalls in namespaces.

$(BUILD)/read_rules: $(BUILD)/tests/local_rules/read_rules.o $(LIB_OBJ)
	$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/local_rules/%.o: tests/local_rules/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

DEB_RULES = dbus fail2ban firewalld ipset iptables nftables openssh-client openssh-server ufw

.PHONY: local-rules
local-rules: $(BUILD)/read_rules $(BUILD)/.deps-check ## which rule a SYN meets: real firewalls, real logins, random rulesets (root, 10 minutes)
	@tools/deps $(DEB_RULES)
	@tests/local_rules/run --table docs/local-rules.md
	@for kind in nft iptables legacy all; do tests/local_rules/random_rules --rounds 100 --kind $$kind || exit 1; done
