# The Debian package, and a Debian that is booted to install it.
DEB_PACKAGE = debhelper dpkg-dev lintian python3

.PHONY: deb
deb: ## the Debian packages, into build/deb, and what lintian says of them
	@tools/deps $(filter-out libcmocka-dev,$(DEB_BUILD)) $(DEB_PACKAGE)
	@tools/deb $(BUILD)/deb

.PHONY: deb-check
deb-check: ## the package on a booted Debian, from installing to purging: SUITE=trixie (root)
	@[ -z "$(IS_ROOT)" ] || tools/deps $(DEB_LOCAL)
	@! tools/deb_check.py --can || { $(MAKE) --no-print-directory deb && tools/deb_check.py --suite $(SUITE) --packages $(BUILD)/deb; }

# The same program without a library that is loaded: two of them built again from their source, or from the folder that STATIC_LIBS names.
STATIC_LIBS ?= build
STATIC     = $(BUILD)/sshsniff-static
DEB_STATIC = bison dpkg-dev flex

$(BUILD)/static/static_names.o: tools/install/static_names.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	@$(COMPILE) -c -o $@ $<

.PHONY: static
static: sshsniff $(BUILD)/static/static_names.o ## build/sshsniff-static, for machines that have none of the libraries; STATIC_LIBS=FOLDER for your own libpcap.a and libmnl.a
	@[ "$(STATIC_LIBS)" != build ] || tools/deps $(DEB_STATIC)
	@BUILD=$(BUILD) tools/static $(STATIC_LIBS) $(LINK) -o $(STATIC) $(BUILD)/static/static_names.o $(BUILD)/src/cli/main.o $(LIB_OBJ) $(LIBS)
	@ls -l $(STATIC)
