# Every target is one call of one tool; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test test-pg test-citus fuzz clients check format bench soak docs clean
BIN := .venv/bin
# Compiled modules are kept, whatever the environment says: compiling them all doubles the time to start.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.stamp ## make .venv from the lock file; nothing when it is up to date

.venv/.stamp: uv.lock pyproject.toml scripts/setup.sh
	@bash scripts/setup.sh

run: setup ## start the server with a demo business unit on http://127.0.0.1:8080; Ctrl-C ends it
	@$(BIN)/waystage demo || [ $$? -eq 130 ]

test: setup ## run every test, on SQLite and on a real PostgreSQL
	$(BIN)/pytest tests --numprocesses 3 --dist worksteal

test-pg: setup ## run the tests that need PostgreSQL
	$(BIN)/pytest tests -k postgresql

test-citus: setup ## run the tests on your own cluster: make test-citus CITUS_DSN=postgresql://user@coordinator/postgres
	@test -n "$(CITUS_DSN)" || { echo "make test-citus: CITUS_DSN=postgresql://user@coordinator/postgres is missing." >&2; exit 2; }
	CITUS_DSN="$(CITUS_DSN)" $(BIN)/pytest tests/cluster tests/contract tests/engine tests/journeys -k "not sqlite" \
		--ignore tests/engine/test_query_plans.py --ignore tests/engine/test_read_plans.py

fuzz: setup ## send 20,000 made-up requests to each kind of database (a quarter of an hour or more)
	WAYSTAGE_FUZZ_REQUESTS=20000 $(BIN)/pytest tests/contract/test_fuzz.py

clients: setup ## run mcdev, sfmc-sdk, fuel-rest and FuelSDK as published against a fresh server (a minute or two; needs npm's index once)
	$(BIN)/python -m tests.clients

check: setup ## format, lint, types, imports, generated pages
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m waystage.docs --check

format: setup ## format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: ## measure, and write bench-report/report.html (forty minutes; BENCH=--quick: five)
	@bash scripts/setup.sh --group bench
	$(BIN)/waystage bench --report bench-report $(BENCH)

soak: setup ## kill, freeze, cut off and fill up the product under load for 10 minutes on each kind of database (SOAK="--seconds 3600 --seed 2")
	$(BIN)/python -m tests.fire $(SOAK)

docs: setup ## write the generated pages anew
	$(BIN)/python -m waystage.docs

clean: ## remove the environment and what the tools left behind
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage build dist
