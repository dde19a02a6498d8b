# The Debian package, and a Debian that is booted to install it.
DEB_PACKAGE = debhelper dpkg-dev lintian python3 zstd

.PHONY: deb
deb: ## the Debian packages, into build/deb, and what lintian says of them
	@tools/deps $(filter-out libcmocka-dev,$(DEB_BUILD)) $(DEB_PACKAGE)
	@tools/deb $(BUILD)/deb

.PHONY: deb-check
deb-check: deb ## the package on a booted Debian, from installing to purging: SUITE=trixie (root)
	@[ -z "$(IS_ROOT)" ] || tools/deps $(DEB_LOCAL)
	@tools/deb_check.py --suite $(SUITE) --packages $(BUILD)/deb

# The same program without a library that is loaded: Debian's libpcap, built again without D-Bus, or the one that LIBPCAP names.
LIBPCAP   ?= build
STATIC     = $(BUILD)/sshsniff-static
DEB_STATIC = bison dpkg-dev flex

.PHONY: static
static: sshsniff ## build/sshsniff-static, for machines that have none of the libraries; LIBPCAP=/path/libpcap.a for your own
	@[ "$(LIBPCAP)" != build ] || tools/deps $(DEB_STATIC)
	@BUILD=$(BUILD) tools/static $(LIBPCAP) $(LINK) -o $(STATIC) $(BUILD)/src/cli/main.o $(LIB_OBJ) $(LIBS)
	@ls -l $(STATIC)
