# How fast it is: files beside cat and tcpdump, and live under a flood. BENCH_SCALE=0.05 for a short form.
BENCH_SCALE  ?= 1
BENCH_ROUNDS ?= 5
BENCH_DEB     = tcpdump wireshark-common zstd

.PHONY: bench
bench: sshsniff $(BUILD)/tools/bench_make $(BUILD)/tools/bench_time
	@tools/deps $(BENCH_DEB)
	@BENCH_SCALE=$(BENCH_SCALE) BENCH_ROUNDS=$(BENCH_ROUNDS) tools/bench $(BUILD) $(BENCH_INPUTS)

# The inputs take some 8 GB.
.PHONY: bench-clean
bench-clean:
	rm -rf $(BUILD)/bench
