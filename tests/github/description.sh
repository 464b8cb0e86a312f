#!/usr/bin/env bash
# Cuts what the tests need out of GitHub's own description of its REST API (npm package @octokit/openapi), once, and prints
# the file. Its name is made of all that it was cut with, so that a changed list of operations is cut anew.
set -euo pipefail

readonly version=23.0.2

fail() {
  echo "description.sh: $*" >&2
  exit 1
}

cd "$(dirname "${BASH_SOURCE[0]}")"
target=${CARGO_TARGET_DIR:-$PWD/../../target}
key=$(cat description.sh slice.py operations.txt | sha256sum | cut -c1-16)
out=$target/github-api-$version-$key.json
if [[ ! -f $out ]]; then
  mkdir -p "$target"
  command -v flock >/dev/null || fail "flock (util-linux) is needed"
  exec {turn}>"$target/github-api.lock"
  flock "$turn"
fi
# Another call may have cut it in the meantime.
if [[ ! -f $out ]]; then
  ../npm.sh || fail "npm is needed for the package @octokit/openapi $version"
  # npm knows the registry, its mirror and the login for it.
  address=$(npm view "@octokit/openapi@$version" dist.tarball 2>/dev/null) && [[ -n $address ]] ||
    fail "npm does not find @octokit/openapi $version: is a registry reachable?"
  echo "description.sh: cutting GitHub's description into $out" >&2
  temp=$(mktemp "$target/github-api.XXXXXX")
  trap 'rm -f "$temp"' EXIT
  python3 slice.py "$address" "$temp" >&2 || fail "the package @octokit/openapi $version cannot be read"
  # Versions that no list of operations asks for any more.
  rm -f "$target"/github-api-*.json
  mv -T "$temp" "$out"
fi
echo "$out"
