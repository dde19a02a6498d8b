# sshsniff: `make demo` and `make check` are all that a new user needs; `make help` lists the rest.
CC       ?= gcc
CSTD      = -std=c11 -D_GNU_SOURCE
WARN      = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef
OPT      ?= -O3 -g -flto=auto
HARDEN    = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
CPPFLAGS += -Iinclude -Isrc
CFLAGS   += $(CSTD) $(WARN) $(OPT) $(HARDEN)
LDFLAGS  += -pie -Wl,-z,relro,-z,now
LDLIBS    = -lpcap -lnet -lzstd -lz -lnettle -lm -lpthread
PREFIX   ?= /usr/local
DESTDIR  ?=
BUILD    ?= build

LIB_SRC  := $(filter-out src/cli/main.c,$(shell find src -name "*.c"))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
TEST_SRC := $(wildcard tests/test_*.c)
TESTS    := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
TOOL_SRC := $(wildcard tools/*.c)
TOOLS    := $(TOOL_SRC:tools/%.c=$(BUILD)/tools/%)

# The same sources again with the sanitizers, for everything that reads hostile bytes.
SAN       = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ASAN_OBJ := $(LIB_SRC:%.c=$(BUILD)/asan/%.o) $(BUILD)/asan/src/cli/main.o

.PHONY: all
all: sshsniff

# From the objects, not from an archive: not every ar keeps what link-time optimization needs.
sshsniff: $(BUILD)/src/cli/main.o $(LIB_OBJ)
	$(CC) $(OPT) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/src/%.o: src/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/asan/%.o: %.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CSTD) $(WARN) -O1 -g $(SAN) -MMD -MP -c -o $@ $<

$(BUILD)/sshsniff-asan: $(ASAN_OBJ)
	$(CC) $(SAN) -o $@ $^ $(LDLIBS)

# Unit tests run under the sanitizers: a test that reads one byte too far must fail.
$(BUILD)/tests/%: tests/%.c $(filter-out $(BUILD)/asan/src/cli/main.o,$(ASAN_OBJ))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests $(CSTD) $(WARN) -O1 -g $(SAN) -MMD -MP -o $@ $< $(filter %.o,$^) $(LDLIBS) -lcmocka

$(BUILD)/tools/%: tools/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LDLIBS)

.PHONY: tools
tools: $(TOOLS)

include tools/targets.mk
include tools/probe.mk
include tools/bench.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
