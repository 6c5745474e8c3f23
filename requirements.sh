#!/bin/sh
# Writes the lock files anew from pyproject.toml: every version pinned, every file by its hash, no registry named.
set -eu
compile() {
    .venv/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header "$@"
}
compile --extra demo --extra postgres --group build --output-file requirements.lock
compile --extra full --constraint requirements.lock --output-file requirements-full.lock
compile --extra demo --extra postgres --group build --extra dev --extra full --constraint requirements.lock --output-file requirements-dev.lock
