# What happens where memory is not to be had and system calls fail: tests/faults.

# Each function that the library stands before, as the linker has to know it.
FAULTS_WRAPPED = malloc calloc realloc aligned_alloc strdup pthread_create mmap mprotect
FAULTS         = $(BUILD)/faults/sshsniff $(BUILD)/faults/fault.so

$(BUILD)/faults/fault.so: tests/faults/fault.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CSTD) $(WARN) -O1 $(DEBUG) -fPIC $(CFLAGS) -shared $(LDFLAGS) -o $@ $< -ldl

$(BUILD)/faults/fault.o: tests/faults/fault.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CSTD) $(WARN) -O1 $(DEBUG) -DFAULTS_WRAPPED $(CFLAGS) -c -o $@ $<

$(BUILD)/faults/sshsniff: $(BUILD)/faults/fault.o $(ASAN_OBJ)
	$(LINK_SAN) $(FAULTS_WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(LIBS)

.PHONY: faults
faults: sshsniff $(FAULTS) $(BUILD)/.deps-check ## every request for memory and every system call fails once, in every case; long
	@tests/faults/run --all --build $(BUILD)
