# Everything a contributor or the CI runs. `make help` lists it.

CARGO ?= cargo
PREFIX ?= $(HOME)/.local
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/secureaks/tools
BINARY := terraform-provider-secureaks
RELEASE := target/release/$(BINARY)
# None of the folders that clients look into by themselves: there, a build would go before the registry's for good.
MIRROR ?= $(HOME)/.local/share/secureaks/mirror

DENY_VERSION := 0.20.2
DENY := $(CACHE)/cargo-deny-$(DENY_VERSION)/bin/cargo-deny

.DEFAULT_GOAL := help
# For `make test-real`: which clients, as in tests/tools/find, and which of them meet real API servers too.
override CLIENTS := $(or $(strip $(CLIENTS)),all)
NEWEST := terraform-1.15.5,tofu-1.12.6
# What the tests came to, for `make conformance`.
FIGURES := $(CURDIR)/target/conformance
# What simulators were asked to write: a folder for each run of tests.
JOURNAL := $(CURDIR)/target/journal
# The whole workspace each time, so that nothing is built twice.
REAL := $(CARGO) test --locked --workspace --all-features --no-fail-fast
# Files of figures that no run is without.
ORACLES := clients attached api-server protocol tofusoup sdk az-create kube-apiserver recordings recorded-operations types
PAGE := $(CARGO) run --locked --quiet --features real --example conformance --

.PHONY: help build test pairs figures test-real conformance check fmt docs demo fuzz bench tools tools-real audit install clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the provider and the simulator for development
	$(CARGO) build --locked --workspace --all-targets

test: export SECUREAKS_JOURNAL := $(JOURNAL)/test
test: ## Run all tests, with OpenTofu and kubectl (built when missing) and Terraform when installed
	@rm -rf "$(JOURNAL)/test"
	@echo "Clients under test:"
	@tests/tools/find --build
	@kubectl=$$(tests/tools/find --kubectl) && echo "kubectl $$kubectl" && \
	PATH="$$PATH$${kubectl:+:$${kubectl%/*}}" $(CARGO) test --locked --workspace --no-fail-fast

pairs: export SECUREAKS_PAIRS := $(or $(PAIRS),2000)
pairs: ## Let two things go wrong in one life of a cluster, in 2,000 lives, each by a seed of its own
	$(CARGO) test --locked --test pairs -- --nocapture

figures: export SECUREAKS_CONFORMANCE := $(FIGURES)
figures: export SECUREAKS_JOURNAL := $(JOURNAL)/test-real
figures:
	@tests/tools/records
	@echo "Clients under test:"
	@SECUREAKS_CLIENTS="$(CLIENTS)" tests/tools/find
	@SECUREAKS_CLIENTS=$(NEWEST) tests/tools/find >/dev/null
	@python=$$(tests/tools/find --python) && echo "Python $$python"
	@programs=$$(tests/tools/kubernetes/assets --present) && echo "API server $$programs"
	@rm -rf "$(FIGURES)" "$(JOURNAL)/test-real"
	@mkdir -p "$(JOURNAL)/test-real"
	$(REAL) --no-run
	SECUREAKS_CLIENTS="$(CLIENTS)" $(REAL) --test e2e --test e2e_specimen --test protocol \
		-- --nocapture matrix::every_client matrix::attached mocked:: another_host::
	SECUREAKS_CLIENTS=$(NEWEST) SECUREAKS_KUBE_APISERVER=$$(tests/tools/kubernetes/assets --present) \
		$(REAL) --test e2e -- --nocapture matrix::stories_inside
	$(REAL) --test azure_clients -- --test-threads 8
	SECUREAKS_KUBE_APISERVER=$$(tests/tools/kubernetes/assets --present) $(REAL) --test real
	$(REAL) --test recordings --test recorded_answers --test resources -- --nocapture
	SECUREAKS_JOURNAL="$(JOURNAL)" $(REAL) --test types -- --nocapture
	@for name in $(ORACLES); do \
		[ -s "$(FIGURES)/$$name.json" ] || { echo "no test left $(FIGURES)/$$name.json" >&2; exit 1; }; \
	done

test-real: figures ## Run the tests with programs that nobody here wrote, which make tools-real installs
ifeq ($(CLIENTS),all)
	$(PAGE) --check "$(FIGURES)" docs/conformance.md
endif

conformance: figures ## Run make test-real and write docs/conformance.md from what it came to
	$(PAGE) "$(FIGURES)" docs/conformance.md

# The page is about all of them.
ifneq ($(filter conformance,$(MAKECMDGOALS)),)
ifneq ($(CLIENTS),all)
$(error docs/conformance.md is about all clients: run make conformance without CLIENTS)
endif
endif

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

demo: ## Create, try, change, import and destroy a cluster in the simulator (KEEP=1 leaves it running, to try things with)
	tests/demo/run

fuzz: export SECUREAKS_FUZZ_SECONDS ?= 60
fuzz: ## Give changed bytes to whatever reads some, a minute each (SECUREAKS_FUZZ_SECONDS)
	$(CARGO) test --locked --test fuzz -- --nocapture --test-threads 1

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

install: ## Install the release for terraform init and tofu init (MIRROR=), and the program for kubectl (PREFIX=)
	$(CARGO) build --locked --release --bin $(BINARY)
	install -d "$(PREFIX)/bin"
	install -m 755 "$(RELEASE)" "$(PREFIX)/bin/$(BINARY)"
	@tests/demo/mirror "$(RELEASE)" "$(MIRROR)"

clean: ## Remove what the build made, not the tools
	$(CARGO) clean

$(DENY):
	$(CARGO) install --locked cargo-deny --version $(DENY_VERSION) --root $(CACHE)/cargo-deny-$(DENY_VERSION)
