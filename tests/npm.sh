#!/usr/bin/env bash
# Sees to it that npm is there: a bare Debian machine gets it from apt-get.
set -euo pipefail
command -v npm >/dev/null && exit
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends npm; } >&2 || {
  echo "npm cannot be installed by apt-get here: install it" >&2
  exit 1
}
