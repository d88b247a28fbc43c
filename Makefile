# `make run` trains the quick-start model, `make test` checks everything,
# `make test-ray` the sweep on Ray, `make screenshot` makes the README's picture;
# all set up what they need first.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: run test test-ray screenshot lint types contracts pytest clean

run: $(VENV)/.installed
	$(BIN)/lrtui run

test: lint types contracts pytest

test-ray: $(VENV)/.ray-installed
	$(BIN)/pytest -n0 tests/cluster/test_ray.py

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

$(VENV)/.ray-installed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[ray]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
