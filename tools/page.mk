# The page of --html, in a browser.

.PHONY: page-check
page-check: sshsniff $(BUILD)/tools/bench_make ## the page in chromium: what it shows, copies, prints; for keyboard and screen reader
	@tests/page/run --build $(BUILD)
