#!/usr/bin/env bash
# Builds the autograder's image: runs once, with a network. Grading itself needs none.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"

modern() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # The stronger sandbox; where it cannot be had, the kernel's own (Landlock) is used.
  apt-get install -y -qq --no-install-recommends bubblewrap || true
  apt-get install -y -qq --no-install-recommends python3-venv || true
  modern python3 || apt-get install -y -qq --no-install-recommends python3.11 python3.11-venv || true
fi

python=""
for candidate in python3 python3.13 python3.12 python3.11; do
  if modern "$candidate"; then
    python="$candidate"
    break
  fi
done
if [[ -z "$python" ]]; then
  echo "The grader needs Python 3.11 or newer; choose a base image that has it." >&2
  exit 1
fi

"$python" -m venv "$root/venv"
"$root/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$root/source/requirements.txt"
"$root/venv/bin/python" -m compileall -q "$root/source"
# For the build log: which sandbox there is.
PYTHONPATH="$root/source" "$root/venv/bin/python" -P -m grader doctor || true
