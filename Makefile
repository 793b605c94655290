PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: docs demo test cover lint bench serve lock clean help

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 10

$(STAMP): pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Portway needs Python 3.11 or newer; set PYTHON=python3.12, for example"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

demo: $(STAMP) ## Move a real Confluence export and one app, end to end
	$(BIN)/portway demo --data build/demo

test: $(STAMP) ## Run every test, on every core
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

cover: $(STAMP) ## Run every test, and show what none of them reaches
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal --cov --cov-report=term

lint: $(STAMP) ## ruff, mypy and the import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## Figures as ratios against floors measured in the same run
	$(BIN)/python -m bench

docs: $(STAMP) ## Write the reference pages that come from the code
	$(BIN)/python docs/generate.py

serve: $(STAMP) ## Platform, cloud site and assistant in one process
	$(BIN)/portway serve --data build/serve

lock: ## Choose the newest allowed dependencies again
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --allow-unsafe --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra dev --all-build-deps -o requirements/dev.lock pyproject.toml

clean: ## Remove the virtual environment and everything built
	rm -rf $(VENV) build
