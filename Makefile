# make app     installs what is needed into .venv the first time, and opens the app
# make test    also installs the test tools, Chromium and PostgreSQL, and runs every check
# make lint    format and type checks alone
# make bench   prints the tables of README's results, all but retraining's
# make lock    writes the exact versions from the ranges in pyproject.toml
# make messages   after a text has changed: puts it into the French catalogue, to be translated

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name))))
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: app test lint bench lock messages programs

app: $(VENV)/app.stamp
	$(BIN)/streamlit run app.py --server.showEmailPrompt false --browser.serverAddress localhost

# Of two workers on two cores, each one's threads would only wait for the other's.
ONE_THREAD = OPENCV_FOR_THREADS_NUM=1 OPENBLAS_NUM_THREADS=1
test: $(VENV)/test.stamp programs lint
	$(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict digitrec

bench: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks

# A stamp is as old as its installation, so that a second run starts at once.
$(VENV)/app.stamp: requirements.txt | $(BIN)/python
	@echo "Installing what digitrec needs into $(VENV); this takes a few minutes, once."
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-test.txt $(VENV)/app.stamp
	$(PIP) -r requirements-test.txt
	@touch $@

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "digitrec needs Python 3.11, 3.12 or 3.13: make app PYTHON=/path/to/python3.11"; exit 1; }
	"$(PYTHON)" -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "On Debian and Ubuntu, install the package python3-venv first."; exit 1; }

# Some tests drive a real Chromium or a real PostgreSQL, and are skipped where there is none.
WANTED = $(if $(shell command -v chromium),,chromium) \
	$(if $(wildcard /usr/lib/postgresql/*/bin/initdb),,postgresql)
programs:
	@if [ -z "$(strip $(WANTED))" ]; then \
		:; \
	elif ! command -v apt-get >/dev/null; then \
		echo "No $(strip $(WANTED)) and no apt-get here: some tests will be skipped."; \
	elif [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(WANTED) >/dev/null; \
	elif sudo -n true 2>/dev/null; then \
		sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(WANTED) >/dev/null; \
	else \
		echo "No $(strip $(WANTED)) here and no right to install it: some tests will be skipped."; \
	fi || echo "$(strip $(WANTED)) could not be installed: some tests will be skipped."

# Named by packages alone: no index and no machine's path ends up in the files.
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
lock: $(VENV)/test.stamp
	$(PIP) "uv>=0.9"
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --extra test -c requirements.txt -o requirements-test.txt

# After a sentence of the app has changed: new ones are to be translated in digitrec.po, then again.
CATALOGUE = digitrec/locale/fr/LC_MESSAGES/digitrec
messages: $(VENV)/test.stamp
	$(BIN)/pybabel -q extract digitrec app.py --add-location file --project digitrec -o $(VENV)/messages.pot
	$(BIN)/pybabel -q update -l fr -i $(VENV)/messages.pot -o $(CATALOGUE).po \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 100
	$(BIN)/pybabel -q compile -l fr -i $(CATALOGUE).po -o $(CATALOGUE).mo
