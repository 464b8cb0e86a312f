# Everything a developer or CI runs. Tools that are no crates of ours land in target/tools, the Kubernetes API server of
# the tests in a cache outside the clone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help test soak schema demo bench lint lint-rust lint-supply lint-workflows

TOOLS := $(CURDIR)/target/tools
export RUSTDOCFLAGS := -D warnings

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

test: ## Builds what the tests need, then runs them all
	@if ! folder=$$(tests/apiserver/build.sh); then \
	  echo "the API server could not be built: tests that need it are skipped (with CI=true they fail)" >&2; folder=; fi; \
	if ! description=$$(tests/github/description.sh); then \
	  echo "GitHub's description cannot be had: tests that need it are skipped (with CI=true they fail)" >&2; description=; fi; \
	DRIFT_APISERVER="$$folder" DRIFT_GITHUB_API="$$description" cargo test --locked

# Minors to judge by and to learn types from: the newest patch of each that the module proxy has.
VERSIONS := v1.37.2 v1.36.3 v1.35.4 v1.34.4

soak: ## Random changes judged by API servers of several minors: MUTATIONS=20000 SEED=7
	@folders=; for version in $(VERSIONS); do \
	  folders+=":$$(tests/apiserver/build.sh $$version)"; done; \
	DRIFT_SOAK="$${folders#:}" DRIFT_MUTATIONS="$${MUTATIONS:-20000}" DRIFT_SEED="$${SEED:-$$(date +%s)}" \
	cargo test --locked --test integration differential -- --nocapture

schema: ## Writes the table of built-in types anew, from real API servers
	folders=; for version in $(VERSIONS); do \
	  folders+=":$$(tests/apiserver/build.sh $$version)"; done; \
	UPDATE_SCHEMA=1 DRIFT_SCHEMAS="$${folders#:}" cargo test --locked --lib the_table_says

demo: ## The example story on loopback
	cargo run --locked -- demo

bench: ## Speed and memory beside the alternatives, one table; ONLY="whole reading memory growth size engine" does parts
	@command -v valgrind >/dev/null || apt-get install -y -qq --no-install-recommends valgrind >&2 || \
	  echo "valgrind cannot be installed: the growth is not measured, which counts as missed" >&2
	@folder=$$(tests/apiserver/build.sh); host=$$(rustc --print host-tuple); \
	RUSTFLAGS="-C target-feature=+crt-static -C force-unwind-tables=no" cargo build --locked --profile dist --no-default-features --target "$$host"; \
	DRIFT_APISERVER="$$folder" DRIFT_BINARY="$${CARGO_TARGET_DIR:-target}/$$host/dist/drift-detector" \
	  cargo bench --locked --bench bench -- $(ONLY)

lint: lint-rust lint-supply lint-workflows ## All linters

lint-rust:
	cargo fmt --all --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features -- -D warnings
	cargo doc --locked --no-deps --quiet

lint-supply: $(TOOLS)/bin/cargo-deny
	$(TOOLS)/bin/cargo-deny --offline --all-features --config .github/deny.toml check bans licenses sources

lint-workflows: $(TOOLS)/python/bin/zizmor $(TOOLS)/bin/actionlint
	$(TOOLS)/python/bin/zizmor --offline --quiet --persona=auditor .github action.yml
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(TOOLS)/bin/actionlint

$(TOOLS)/bin/cargo-deny:
	cargo install --quiet --debug --locked --root $(TOOLS) --version 0.20.2 cargo-deny

$(TOOLS)/python/bin/zizmor:
	python3 -m venv $(TOOLS)/python
	$(TOOLS)/python/bin/pip install --quiet --disable-pip-version-check zizmor==1.32.0 check-jsonschema==0.39.0

$(TOOLS)/bin/actionlint:
	PATH="$$(tests/apiserver/build.sh --go):$$PATH" GOTOOLCHAIN=local GOBIN=$(TOOLS)/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
