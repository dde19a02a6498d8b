# What goes to programs, checked by what others read it with. The short form is a part of `make check`.

.PHONY: schemas-doc
schemas-doc: sshsniff ## write docs/schema/ again: a JSON Schema for each form
	@tools/doc/schemas.py ./sshsniff docs/schema

.PHONY: formats-check
formats-check: sshsniff ## ajv, Elastic's field list, promtool and node_exporter on what is written for programs (npm; root)
	@[ "$(IS_ROOT)" != 0 ] || tools/deps nodejs npm prometheus prometheus-node-exporter curl netcat-openbsd || true
	@tests/formats_check
