# Two commands matter: `make demo` and `make test`. Both need Python 3.11 or newer and nothing else;
# everything is installed into .venv, in the locked versions, with their digests checked.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory --no-builtin-rules
.SUFFIXES:

PYTHON ?= python3
BIN := .venv/bin
RUN_LOCK := requirements.lock
DEV_LOCK := requirements-dev.lock
# What the lock files answer for: the provider and its demo.
EXTRAS := --extra server --extra demo
RIVAL := benchmarks/subjects/oidc_provider

# Workers of the test run, and further arguments: make test T="tests/rooms -k issuer"
JOBS ?= auto
T ?=
# Further arguments of the command that a target starts: make demo A="--port 9000"
A ?=

##@ Start here

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo

.PHONY: demo
demo: .venv/.run ## Provider, demo application and demo API, ready to click through (A=--port…)
	@$(BIN)/signet demo $(A)

.PHONY: test
test: .venv/.dev ## Run every test this machine can run (T=path or pytest options, JOBS=number)
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(T)

.PHONY: setup
setup: .venv/.dev ## Create the environment with everything developers need

##@ Run

.PHONY: run
run: .venv/.run ## Start the provider with your settings (A=options of signet serve)
	@$(BIN)/signet serve $(A)

.PHONY: migrate
migrate: .venv/.run ## Bring the database of your settings to this version's schema
	@$(BIN)/signet migrate $(A)

.PHONY: metadata
metadata: .venv/.run ## Print the discovery document
	@$(BIN)/signet metadata $(A)

.PHONY: map
map: .venv/.run ## Print route, file and specs of everything that is served
	@$(BIN)/signet map $(A)

##@ Check

.PHONY: check
check: ## Everything CI runs: lint, types, imports, freshness, test
	@$(MAKE) lint
	@$(MAKE) types
	@$(MAKE) imports
	@$(MAKE) freshness
	@$(MAKE) test

.PHONY: lint
lint: .venv/.dev ## Style and mistakes (ruff)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: .venv/.dev ## Types (mypy, strict)
	$(BIN)/mypy

.PHONY: imports
imports: .venv/.dev ## Who may import what (import-linter)
	$(BIN)/lint-imports --no-logo

.PHONY: freshness
freshness: .venv/.dev ## The lock files still answer pyproject.toml
	@if test -x $(UV); then VIRTUAL_ENV=.venv $(UV) pip check; else $(BIN)/python -m pip check; fi
	@! grep -n '://' $(RUN_LOCK) $(DEV_LOCK) || { echo 'A lock file names a host.'; exit 1; }

.PHONY: interop
interop: ## Install the npm packages that tests of other people's libraries need
	@npm ci --silent --prefix tests/interop

.PHONY: specs
specs: .venv/.dev ## Which requirement is proven by which tests, and what has none
	@$(BIN)/python -m pytest --specs -q -p no:randomly $(T)

.PHONY: faults
faults: .venv/.dev ## Break things for SECONDS each and judge what clients saw (SECONDS=1800, T=…)
	@SIGNET_FAULT_SECONDS=$(or $(SECONDS),30) $(BIN)/python -m pytest tests/faults -p no:randomly -rP $(T)

.PHONY: fuzz
fuzz: .venv/.dev ## Send spoilt requests to every route, keep what was learnt (SECONDS=3600)
	@SIGNET_FUZZ_SECONDS=$(or $(SECONDS),600) $(BIN)/python -m pytest tests/fuzz -p no:randomly $(T)

.PHONY: bench
bench: .venv/.dev ## Measure, beside npm oidc-provider where Node is (A=options of the benchmarks)
	@! command -v npm > /dev/null || $(MAKE) $(RIVAL)/node_modules/.package-lock.json
	@$(BIN)/python -m benchmarks $(A)

# Its one native package is built where no ready one can be had, with the headers of this Node.
$(RIVAL)/node_modules/.package-lock.json: $(RIVAL)/package-lock.json
	@echo 'Installing $< …'
	@prefix=$$(node -p 'path.resolve(process.execPath, "../..")'); \
	  test ! -d "$$prefix/include/node" || export npm_config_nodedir="$$prefix"; \
	  npm ci --silent --no-audit --no-fund --prefix $(RIVAL)

##@ Change

.PHONY: readme
readme: .venv/.run ## Write the feature table of the README from provider/features.py
	@$(BIN)/signet features --markdown | awk ' \
	  NR == FNR { table = table $$0 "\n"; next } \
	  /^<!-- features:/ { print; printf "%s", table; inside = 1 } \
	  /^<!-- \/features -->/ { inside = 0 } \
	  !inside { print }' - README.md > .venv/README.md && cp .venv/README.md README.md

.PHONY: format
format: .venv/.dev ## Put the source into its form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: migration
migration: .venv/.dev ## Draft the next migration from the schema (m="what it does")
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add passkeys"'; exit 2; }
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	  export SIGNET_DATABASE_URL="sqlite:///$$scratch/signet.db" && \
	  next=$$(printf '%04d' $$(($$(ls migrations/versions/[0-9]*.py | wc -l) + 1))) && \
	  $(BIN)/signet migrate > /dev/null && \
	  $(BIN)/alembic revision --autogenerate --rev-id "$$next" -m "$(m)" && \
	  $(BIN)/ruff format --quiet migrations

.PHONY: pictures
pictures: .venv/.dev ## Take the README's pictures of the running demo (needs Chromium)
	@$(BIN)/python -m tests.journeys.pictures

.PHONY: lock
lock: .venv/.dev ## Write the lock files from pyproject.toml (UPGRADE=1: newest versions)
	@sh -ec 'compile="$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-annotate --no-header $(if $(UPGRADE),--upgrade)"; \
	  $$compile $(EXTRAS) --output-file $(RUN_LOCK) pyproject.toml; \
	  $$compile $(EXTRAS) --group dev --constraint $(RUN_LOCK) --output-file $(DEV_LOCK) \
	    $$(sed -n "s/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p" $(RUN_LOCK)) pyproject.toml'

.PHONY: clean
clean: ## Remove the environment, caches and build results; your data stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. uv, taken from the lock file itself, installs in a fraction of pip's time;
# where there is no uv for the machine, pip installs the same files.
# .venv/.run has what serving needs, .venv/.dev what developing needs.

UV := $(BIN)/uv
UV_BLOCK := /^uv==/,/[^\\]$$/
PIP_INSTALL := install -q --disable-pip-version-check --no-deps

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
	  echo "Signet needs Python 3.11 or newer, '$(PYTHON)' is not. Name another: make PYTHON=…"; \
	  exit 1; }
	@echo 'Creating .venv …'
	@rm -rf .venv
	@$(PYTHON) -m venv --without-pip .venv

# The machine's own pip saves the seconds it takes to put one into the environment.
define bootstrap
	@test -x $(UV) || { \
	  sed -n '$(UV_BLOCK)p' $(DEV_LOCK) > .venv/uv.lock; \
	  uv="$(PIP_INSTALL) --only-binary :all: --require-hashes -r .venv/uv.lock"; \
	  $(PYTHON) -m pip --python $(BIN)/python $$uv 2> /dev/null || { \
	    $(BIN)/python -m ensurepip > /dev/null && \
	    { $(BIN)/python -m pip $$uv 2> /dev/null || true; }; }; }
endef

# $(1) is the lock files, $(2) further options for uv.
define install
	@echo 'Installing $(1) …'
	$(bootstrap)
	@if test -x $(UV); then \
	  VIRTUAL_ENV=.venv $(UV) pip install -q --no-deps $(2) --build-constraint $(DEV_LOCK) \
	    $(addprefix -r ,$(1)) -e .; \
	else \
	  cat $(1) | sed '$(UV_BLOCK)d' > .venv/all.lock && \
	  sed -n 's/^\([^ ;]*==[^ ;]*\).*/\1/p' $(DEV_LOCK) > .venv/build.lock && \
	  $(BIN)/python -m pip $(PIP_INSTALL) --require-hashes -r .venv/all.lock && \
	  PIP_CONSTRAINT=.venv/build.lock $(BIN)/python -m pip $(PIP_INSTALL) -e .; \
	fi
endef

.venv/.run: $(BIN)/python pyproject.toml $(RUN_LOCK)
	$(call install,$(RUN_LOCK))
	@touch $@

.venv/.dev: $(BIN)/python pyproject.toml $(RUN_LOCK) $(DEV_LOCK)
	$(call install,$(RUN_LOCK) $(DEV_LOCK),--exact)
	@touch $@ .venv/.run
