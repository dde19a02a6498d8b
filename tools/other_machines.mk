# The same program for another machine, and under ThreadSanitizer.

# s390x is big-endian. Debian's cross compiler; the libraries of Debian for s390x are unpacked below build/, not installed.
S390X      = $(BUILD)/s390x
S390X_CC   = s390x-linux-gnu-gcc
S390X_LIBS = libpcap0.8-dev libnet1-dev libzstd-dev zlib1g-dev nettle-dev libcap-ng-dev libseccomp-dev libjansson-dev libmnl-dev
DEB_S390X  = gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user python3
S390X_OBJ := $(LIB_SRC:%.c=$(S390X)/%.o) $(S390X)/src/cli/main.o
S390X_ROOT = $(S390X)/root
S390X_FLAGS = -isystem $(S390X_ROOT)/usr/include -isystem $(S390X_ROOT)/usr/include/s390x-linux-gnu

$(S390X)/.root:
	@tools/deps $(DEB_S390X)
	@tools/foreign_root s390x $(S390X_ROOT) $(S390X_LIBS)
	@touch $@

$(S390X)/src/%.o: src/%.c | $(S390X)/.root $(MADE)/page_files_made.h
	@mkdir -p $(@D)
	$(S390X_CC) $(INCLUDES) $(CPPFLAGS) $(S390X_FLAGS) $(CSTD) $(WARN) -O2 -g -fPIE -MMD -MP -c -o $@ $<

$(S390X)/sshsniff: $(S390X_OBJ)
	$(S390X_CC) --sysroot=$(abspath $(S390X_ROOT)) -pie -o $@ $^ -L$(S390X_ROOT)/usr/lib/s390x-linux-gnu $(LIBS)

.PHONY: s390x
s390x: sshsniff $(S390X)/sshsniff ## the same bytes of pcaps/ on a big-endian machine, under qemu; EVERY=20 for a part
	@tests/other_machine --root $(S390X_ROOT) --emulator qemu-s390x $(S390X)/sshsniff $(if $(EVERY),--every $(EVERY))

# Two threads read a file, and another one decompresses: no two touch the same memory at once.
TSAN     = -O1 -g -fsanitize=thread -fno-omit-frame-pointer
TSAN_OBJ := $(LIB_SRC:%.c=$(BUILD)/tsan/%.o) $(BUILD)/tsan/src/cli/main.o

$(BUILD)/tsan/src/%.o: src/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(INCLUDES) $(CPPFLAGS) $(CSTD) $(WARN) $(TSAN) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tsan/sshsniff: $(TSAN_OBJ)
	$(CC) $(TSAN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: tsan
tsan: $(BUILD)/tsan/sshsniff $(BUILD)/.deps-check ## the threads that read ahead and decompress, under ThreadSanitizer
	@tests/tsan --program $(BUILD)/tsan/sshsniff
