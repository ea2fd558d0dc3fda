# torchwise: the few commands that people and CI share. Each sets up what it needs, once.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
OLDEST := .venv-oldest
# Two spinning threads on a busy machine made an epoch ten times slower; tests use one.
export OMP_NUM_THREADS ?= 1

.PHONY: demo test test-all test-oldest lint docs texts bench clean

$(VENV)/.run: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check -q -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/pip install --disable-pip-version-check -q -e '.[dev,docs]'
	touch $@

demo: $(VENV)/.run          ## train, validate and test a network on built-in data
	$(BIN)/torchwise train builtin:survey --target tested_positive.4

# On all cores; a worker that is done takes tests from the others.
RUN_TESTS := python -m pytest -q -n auto --dist worksteal

test: $(VENV)/.dev          ## all tests but the longest
	$(BIN)/$(RUN_TESTS) -m "not long"

test-all: $(VENV)/.dev      ## the longest too
	$(BIN)/$(RUN_TESTS)

test-oldest: $(OLDEST)/.dev ## on the oldest supported torch
	$(OLDEST)/bin/$(RUN_TESTS) -m "not long"

$(OLDEST)/.dev: pyproject.toml
	$(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/pip install --disable-pip-version-check -q torch==2.9.1 -e '.[dev]'
	touch $@

lint: $(VENV)/.dev          ## format, lint, strict types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_floors.py

docs: $(VENV)/.dev          ## the documentation, in docs/_build/html
	$(BIN)/sphinx-build -q -W -b html docs docs/_build/html

texts: $(VENV)/.dev         ## collect the messages and compile the Chinese catalogue
	$(BIN)/python tools/catalogue.py

bench: $(VENV)/.dev         ## the tables of speed and accuracy (takes hours)
	$(BIN)/pip install --disable-pip-version-check -q -e '.[bench]'
	$(BIN)/python bench/loop.py
	$(BIN)/python bench/accuracy.py
	$(BIN)/python bench/doctor.py
	$(BIN)/python bench/explain.py
	$(BIN)/python bench/check.py

clean:
	rm -rf $(VENV) $(OLDEST) docs/_build
