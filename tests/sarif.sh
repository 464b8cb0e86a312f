#!/usr/bin/env bash
# Fetches Microsoft's SARIF validator into target/tools, once, and prints its path.
set -euo pipefail
folder="$(cd "$(dirname "$0")/.." && pwd)/target/tools/sarif"
package=@microsoft/sarif-multitool-linux
tool="$folder/node_modules/$package/Sarif.Multitool"
if [[ ! -f $tool ]]; then
  "$(dirname "$0")/npm.sh"
  mkdir -p "$folder"
  npm --prefix "$folder" install --silent --no-audit --no-fund "$package@5.7.0" >&2
fi
chmod +x "$tool"
echo "$tool"
