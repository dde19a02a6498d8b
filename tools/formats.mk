# What goes to programs, checked by what others read it with. The short form is a part of `make check`.

.PHONY: schemas-doc
schemas-doc: sshsniff ## write docs/schema/ again: a JSON Schema for each form
	@tools/doc/schemas.py ./sshsniff docs/schema

.PHONY: tables-doc
tables-doc: sshsniff ## write again what README.md and the manual page repeat of the causes and of docs/json.md
	@tools/doc/tables.py ./sshsniff

.PHONY: completions
completions: sshsniff ## write the completions of zsh and fish again, from --help
	@tools/doc/completions.py ./sshsniff tools/install

.PHONY: formats-check
formats-check: sshsniff ## ajv, Elastic's field list, promtool and node_exporter on what is written for programs (npm; root)
	@[ "$(IS_ROOT)" != 0 ] || command -v npm >/dev/null || tools/deps nodejs npm || true
	@[ "$(IS_ROOT)" != 0 ] || tools/deps prometheus prometheus-node-exporter curl netcat-openbsd || true
	@tests/formats_check
