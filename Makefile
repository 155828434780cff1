# Every target sets up what is missing first: see .ci/setup.sh.
PYTHON := .venv/bin/python
QUIET_MATH := OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1
FOLDERS := core config utils data strategies models trading ui main.py tests benchmarks .ci/proof.py

.PHONY: run test lint proof bench setup clean

run: setup
	$(PYTHON) main.py

test: setup
	$(QUIET_MATH) QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -n 2 --dist loadfile -m "not proof"

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy $(FOLDERS)

# The long proofs, one by one; what passed is not run again until the code changes.
# Seeded mutants of the order core take an hour more: $(PYTHON) .ci/mutants.py
proof: setup
	$(QUIET_MATH) QT_QPA_PLATFORM=offscreen $(PYTHON) .ci/proof.py

bench: setup
	@for script in benchmarks/*.py; do \
		echo "== $$script"; QT_QPA_PLATFORM=offscreen $(PYTHON) $$script || exit 1; \
	done

setup:
	@sh .ci/setup.sh

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
