# Everything a contributor or the CI runs. `make help` lists it.

CARGO ?= cargo
PREFIX ?= $(HOME)/.local
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/secureaks/tools
BINARY := terraform-provider-secureaks

DENY_VERSION := 0.20.2
DENY := $(CACHE)/cargo-deny-$(DENY_VERSION)/bin/cargo-deny

.DEFAULT_GOAL := help
# For `make test-real`: which clients, as in tests/tools/find, which of them meet real API servers too, and where
# figures go for `make conformance`.
CLIENTS ?= all
NEWEST := terraform-1.15.5,tofu-1.12.6
FIGURES := $(CURDIR)/target/conformance
JOURNAL := $(CURDIR)/target/journal

.PHONY: help build test test-real conformance check fmt docs demo bench tools tools-real audit install clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the provider and the simulator for development
	$(CARGO) build --locked --workspace --all-targets

test: ## Run all tests, with OpenTofu and kubectl (built when missing) and Terraform when installed
	@echo "Clients under test:"
	@tests/tools/find --build
	@kubectl=$$(tests/tools/find --kubectl) && echo "kubectl $$kubectl" && \
	PATH="$$PATH$${kubectl:+:$${kubectl%/*}}" $(CARGO) test --locked --workspace --no-fail-fast

test-real: export SECUREAKS_CONFORMANCE := $(FIGURES)
test-real: export SECUREAKS_JOURNAL := $(JOURNAL)
test-real: ## Run the tests with programs that nobody here wrote, which make tools-real installs
	@: "$${SECUREAKS_RECORDINGS:?is not set: it names the folder of recorded traffic, which this repository does not hold}"
	@: "$${SECUREAKS_DEFAULTS:?is not set: it names the table of what AKS filled in by era, which this repository does not hold}"
	@: "$${SECUREAKS_SCHEMA:?is not set: it names the folder of the published types, which this repository does not hold}"
	@rm -rf "$(FIGURES)" "$(JOURNAL)"
	@mkdir -p "$(JOURNAL)"
	@echo "Clients under test:"
	@SECUREAKS_CLIENTS=$(CLIENTS) tests/tools/find
	@python=$$(tests/tools/find --python) && echo "Python $$python"
	@programs=$$(tests/tools/kubernetes/assets --present) && echo "API server $$programs"
	$(CARGO) build --locked --features real --examples
	SECUREAKS_CLIENTS=$(CLIENTS) $(CARGO) test --locked --features real --no-fail-fast --test e2e \
		--test e2e_specimen --test protocol -- --nocapture matrix::every_client another_host::
	SECUREAKS_CLIENTS=$(NEWEST) SECUREAKS_KUBE_APISERVER=$$(tests/tools/kubernetes/assets --present) \
		$(CARGO) test --locked --features real --test e2e -- --nocapture matrix::one_apply
	$(CARGO) test --locked --package secureaks-simulator --features real --no-fail-fast \
		--test azure_clients -- --test-threads 8
	SECUREAKS_KUBE_APISERVER=$$(tests/tools/kubernetes/assets --present) \
		$(CARGO) test --locked --package secureaks-simulator --features real --no-fail-fast --test real
	$(CARGO) test --locked --package secureaks-simulator --features real --no-fail-fast --test recordings
	$(CARGO) test --locked --features real --no-fail-fast --test recorded_answers
	$(CARGO) test --locked --features real --test resources
	$(CARGO) test --locked --features real --test types

conformance: test-real ## Run make test-real and write docs/conformance.md from its figures
	$(CARGO) run --locked --quiet --features real --example conformance -- "$(FIGURES)" docs/conformance.md

check: $(DENY) ## Check format, lints, layers, documentation and dependencies
	$(CARGO) fmt --all --check
	$(CARGO) test --locked --test tidy
	$(CARGO) clippy --locked --workspace --all-targets --all-features -- -D warnings
	$(CARGO) run --locked --quiet -- docs --check
	$(DENY) --locked check bans licenses sources

fmt: ## Format the code
	$(CARGO) fmt --all

docs: ## Write docs/ from the declarations in the code
	$(CARGO) run --locked --quiet -- docs

demo: ## Create, change, import and destroy a cluster in the simulator (KEEP=1 leaves it running)
	tests/demo/run

bench: ## Measure the provider beside a small plugin written in Go
	tests/bench/run

tools: ## Build OpenTofu, kubectl and the plugin to compare with, from their Go modules
	tests/tools/build tofu kubectl terraform-provider-time

tools-real: ## Install what make test-real needs: every OpenTofu and Terraform of the matrix, az, and more
	tests/tools/build
	tests/tools/kubernetes/assets
	tests/tools/install

# Not part of `check`: it fetches the RustSec database from GitHub, which not every machine reaches.
audit: $(DENY) ## Look for known vulnerabilities in the dependencies
	$(DENY) --locked check advisories

install: ## Install the release binary to $(PREFIX)/bin
	$(CARGO) build --locked --release --bin $(BINARY)
	install -d "$(PREFIX)/bin"
	install -m 755 target/release/$(BINARY) "$(PREFIX)/bin/$(BINARY)"

clean: ## Remove what the build made, not the tools
	$(CARGO) clean

$(DENY):
	$(CARGO) install --locked cargo-deny --version $(DENY_VERSION) --root $(CACHE)/cargo-deny-$(DENY_VERSION)
