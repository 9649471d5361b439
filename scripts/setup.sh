#!/usr/bin/env bash
# Makes .venv from uv.lock. Needs Python 3.11+ or uv; leaves everything outside the checkout alone.
# Arguments go to uv: `--group bench` adds what only the benchmark needs.
set -euo pipefail
cd "$(dirname "$0")/.."

refuse() {
    echo "make setup: $1" >&2
    exit 1
}

find_python() {
    for name in python3 python python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
}

find_uv() {
    if command -v uv; then
        return
    fi
    if [ ! -x .uv/bin/uv ]; then
        rm -rf .uv
        local python
        python=$(find_python)
        [ -n "$python" ] || refuse "Python 3.11 or newer is needed (or uv, https://docs.astral.sh/uv/), and neither is on the path."
        "$python" -m venv .uv >&2 || {
            rm -rf .uv
            refuse "this Python cannot make virtual environments: install its venv package (Debian: apt install python3-venv) or uv."
        }
        .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.6" >&2 || {
            rm -rf .uv
            refuse "uv could not be installed from the package index; pip says why above."
        }
    fi
    echo .uv/bin/uv
}

uv=$(find_uv)
# An active environment, or one named by the caller's shell, is not ours to change.
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}" UV_LINK_MODE="${UV_LINK_MODE:-copy}"

# The lock file names the public index. Where only a mirror can be reached, pip knows its address; the hashes stay the same.
if ! "$uv" sync --frozen --quiet --all-extras "$@"; then
    echo "make setup: the public package index did not answer; trying the index that pip is configured with" >&2
    "$(find_python)" -m venv --clear .venv
    "$uv" export --frozen --quiet --all-extras "$@" --no-emit-project --output-file .venv/requirements.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/requirements.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
fi
touch .venv/.stamp
