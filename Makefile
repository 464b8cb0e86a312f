# Everything a developer or CI runs. Tools that are no crates of ours land in target/tools, the Kubernetes API server of
# the tests in a cache outside the clone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help test soak schema demo bench image lint lint-rust lint-supply lint-workflows lint-examples

TOOLS := $(CURDIR)/target/tools
export RUSTDOCFLAGS := -D warnings

help: ## What there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

test: ## Builds what the tests need, then runs them all
	@if ! folder=$$(tests/apiserver/build.sh); then \
	  echo "the API server could not be built: tests that need it are skipped (with CI=true they fail)" >&2; folder=; fi; \
	if sarif=$$(tests/sarif.sh); then export DRIFT_SARIF="$$sarif"; else \
	  echo "the SARIF validator cannot be had: its test is skipped (with CI=true it fails)" >&2; fi; \
	if ! description=$$(tests/github/description.sh); then \
	  echo "GitHub's description cannot be had: tests that need it are skipped (with CI=true they fail)" >&2; description=; fi; \
	DRIFT_APISERVER="$$folder" DRIFT_GITHUB_API="$$description" cargo test --locked --workspace

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
	UPDATE_SCHEMA=1 DRIFT_SCHEMAS="$${folders#:}" cargo test --locked --package drift-engine the_table_says

demo: ## The example story on loopback
	cargo run --locked -- demo

bench: ## Speed and memory beside the alternatives, one table; ONLY="whole reading memory growth size engine" does parts
	@command -v valgrind >/dev/null || apt-get install -y -qq --no-install-recommends valgrind >&2 || \
	  echo "valgrind cannot be installed: the growth is not measured, which counts as missed" >&2
	@folder=$$(tests/apiserver/build.sh); host=$$(rustc --print host-tuple); \
	cargo build --config .cargo/dist.toml --locked --profile dist --no-default-features; \
	DRIFT_APISERVER="$$folder" DRIFT_BINARY="$${CARGO_TARGET_DIR:-target}/$$host/dist/drift-detector" \
	  cargo bench --locked --bench bench -- $(ONLY)

IMAGE := localhost/drift-detector
image: ## The image as the Dockerfile says, without a daemon, and its container in an emulated runner
	@command -v buildah >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends buildah; } >&2 || { \
	  echo "buildah, which needs no daemon, cannot be installed by apt-get here: install it, or use \`docker build .\`" >&2; exit 1; }
	@# Base images cannot be had everywhere: the first stage is run here, and a folder stands for it in the second.
	stage="$${CARGO_TARGET_DIR:-$(CURDIR)/target}/image"; empty=$$(mktemp -d); trap 'rmdir "$$empty"' EXIT; \
	.ci/build-stage "$$stage"; \
	install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$$stage/etc/ssl/certs/ca-certificates.crt"; \
	STORAGE_DRIVER=vfs buildah bud --quiet --isolation chroot --build-arg TARGETARCH= --build-context "build=$$stage" --tag $(IMAGE) --file Dockerfile "$$empty"
	DRIFT_IMAGE=$(IMAGE) cargo test --locked --test integration image:: -- --ignored

lint: lint-rust lint-supply lint-workflows lint-examples ## All linters

lint-rust:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --no-default-features -- -D warnings
	cargo doc --locked --workspace --no-deps --quiet

lint-supply: $(TOOLS)/bin/cargo-deny
	$(TOOLS)/bin/cargo-deny --offline --all-features --config .github/deny.toml check bans licenses sources

lint-workflows: $(TOOLS)/python/bin/zizmor $(TOOLS)/bin/actionlint
	$(TOOLS)/python/bin/zizmor --offline --quiet --persona=auditor .github action.yml
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.github-actions action.yml
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(TOOLS)/bin/actionlint

EXAMPLES := $(CURDIR)/target/examples
lint-examples: $(TOOLS)/python/bin/zizmor $(TOOLS)/bin/actionlint
	.ci/examples $(EXAMPLES)
	$(TOOLS)/python/bin/zizmor --offline --quiet --persona=auditor $(EXAMPLES)/pinned
	$(TOOLS)/python/bin/check-jsonschema --builtin-schema vendor.github-workflows $(EXAMPLES)/pinned/.github/workflows/*.yml
	cd $(EXAMPLES)/local && $(TOOLS)/bin/actionlint

$(TOOLS)/bin/cargo-deny:
	cargo install --quiet --debug --locked --root $(TOOLS) --version 0.20.2 cargo-deny

$(TOOLS)/python/bin/zizmor:
	python3 -m venv $(TOOLS)/python
	$(TOOLS)/python/bin/pip install --quiet --disable-pip-version-check zizmor==1.32.0 check-jsonschema==0.39.0

$(TOOLS)/bin/actionlint:
	PATH="$$(tests/apiserver/build.sh --go):$$PATH" GOTOOLCHAIN=local GOBIN=$(TOOLS)/bin go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
