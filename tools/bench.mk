# How fast it is: files beside cat and tcpdump, and live under a flood. BENCH_SCALE=0.05 for a short form.
BENCH_SCALE  ?= 1
BENCH_ROUNDS ?= 7
BENCH_DEB     = tcpdump wireshark-common zstd

.PHONY: bench
bench: sshsniff $(BUILD)/tools/bench_make $(BUILD)/tools/bench_time
	@tools/deps $(BENCH_DEB)
	@BENCH_SCALE=$(BENCH_SCALE) BENCH_ROUNDS=$(BENCH_ROUNDS) tools/bench $(BUILD) $(BENCH_INPUTS)

# Under a flood, in namespaces of its own: needs root. BENCH_SECONDS, BENCH_ATTEMPTS and BENCH_RATE: see tools/bench_live.py.
.PHONY: bench-live
bench-live: sshsniff $(BUILD)/tools/bench_flood
	@tools/deps tcpdump nftables iproute2 python3
	@tools/bench_live.py $(BUILD)

# The inputs take some 8 GB.
.PHONY: bench-clean
bench-clean:
	rm -rf $(BUILD)/bench
