# `make run` trains the quick-start model, `make test` checks everything, `make screenshot` makes the README's picture;
# all set up what they need first.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test screenshot lint types contracts pytest clean

run: $(VENV)/.installed
	$(BIN)/lrtui run

test: lint types contracts pytest

screenshot: $(VENV)/.installed
	$(BIN)/python -m tests.screenshot

lint: $(VENV)/.installed
	$(BIN)/ruff check lrtui tests
	$(BIN)/ruff format --check lrtui tests

types: $(VENV)/.installed
	$(BIN)/mypy

contracts: $(VENV)/.installed
	$(BIN)/lint-imports

pytest: $(VENV)/.installed
	$(BIN)/pytest

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
