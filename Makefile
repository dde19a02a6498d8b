# sshsniff: `make demo` and `make check` are all that a new user needs; `make help` lists the rest.
#
# A user's CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are added behind the project's own; OPT is what optimizes. Warnings are
# errors for developers and CI only: WERROR=1, or CI=true.
CC       ?= cc
# DWARF 4: valgrind of Debian 12 cannot read what clang writes of the fifth version.
DEBUG     = -g$(if $(findstring clang,$(CC)),dwarf-4)
OPT      ?= -O3 $(DEBUG) -flto=auto
WERROR   ?= $(filter true 1,$(CI))
CSTD      = -std=c11 -D_GNU_SOURCE
WARN      = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 -Wundef \
            $(if $(filter-out 0,$(WERROR)),-Werror)
# Not where the user says otherwise, and not without optimization: either way the C library's headers would warn.
FORTIFY   = $(if $(filter -O0,$(OPT) $(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
HARDEN    = -fstack-protector-strong $(FORTIFY) -fPIE
# The same sources again with the sanitizers, for everything that reads hostile bytes.
SAN       = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

INCLUDES    = -Iinclude -Isrc -I$(MADE)
COMPILE     = $(CC) $(INCLUDES) $(CPPFLAGS) $(CSTD) $(WARN) $(OPT) $(HARDEN) $(CFLAGS) -MMD -MP
COMPILE_SAN = $(CC) $(INCLUDES) $(CPPFLAGS) $(CSTD) $(WARN) $(SAN) $(CFLAGS) -MMD -MP
HARDEN_LINK = -pie -Wl,-z,relro,-z,now
LINK        = $(CC) $(OPT) $(CFLAGS) $(HARDEN_LINK) $(LDFLAGS)
LINK_SAN    = $(CC) $(SAN) $(CFLAGS) $(LDFLAGS)
LIBS        = -lpcap -lnet -ljansson -lmnl -lzstd -lz -lnettle -lcap-ng -lseccomp -lm -lpthread $(LDLIBS)

PREFIX   ?= /usr/local
DESTDIR  ?=
BUILD    ?= build

# The page's own files, to be built into the program.
MADE       = $(BUILD)/made
PAGE_FILES = $(addprefix src/report/page/page.,html css js)

LIB_SRC  := $(filter-out src/cli/main.c,$(shell find src -name "*.c"))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
TEST_SRC := $(wildcard tests/test_*.c)
TESTS    := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
TOOL_SRC := $(wildcard tools/*.c)
TOOLS    := $(TOOL_SRC:tools/%.c=$(BUILD)/tools/%)

ASAN_OBJ := $(LIB_SRC:%.c=$(BUILD)/asan/%.o) $(BUILD)/asan/src/cli/main.o

.PHONY: all
all: sshsniff

# From the objects, not from an archive: not every ar keeps what link-time optimization needs.
sshsniff: $(BUILD)/src/cli/main.o $(LIB_OBJ)
	$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/src/%.o: src/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(BUILD)/asan/%.o: %.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(COMPILE_SAN) -c -o $@ $<

$(BUILD)/sshsniff-asan: $(ASAN_OBJ)
	$(LINK_SAN) -o $@ $^ $(LIBS)

# Unit tests run under the sanitizers: a test that reads one byte too far must fail.
$(BUILD)/tests/%: tests/%.c $(filter-out $(BUILD)/asan/src/cli/main.o,$(ASAN_OBJ))
	@mkdir -p $(@D)
	$(COMPILE_SAN) -Itests -DPCAPS='"$(CURDIR)/pcaps"' $(LDFLAGS) -o $@ $< $(filter %.o,$^) -lcmocka $(LIBS)

$(BUILD)/tools/%: tools/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(COMPILE) $(HARDEN_LINK) $(LDFLAGS) -o $@ $< $(LIBS)

.PHONY: tools
tools: $(TOOLS)

include tools/targets.mk
include tools/probe.mk
include tools/bench.mk
include tools/faults.mk
include tools/local.mk
include tools/other_machines.mk
include tools/formats.mk
include tools/page.mk
include tools/packages.mk
include tools/wireshark.mk

# Not those of another Debian: see tools/debian.
-include $(shell find $(BUILD) -path $(BUILD)/debian -prune -o -type f -name '*.d' -print 2>/dev/null)
