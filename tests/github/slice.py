"""Cuts the operations of operations.txt, with all that they refer to, out of GitHub's description of its REST API.

Reads the address of the package from the first argument, streams it, and writes the slice to the second. Nothing else of the
package, which has 385 MB, is kept.
"""

import json
import ssl
import sys
import tarfile
import urllib.request
from pathlib import Path

MEMBER = "package/generated/api.github.com.json"


def description(address):
    # The certificates that the system trusts, or those that the environment names.
    with urllib.request.urlopen(address, timeout=120, context=ssl.create_default_context()) as answer:
        with tarfile.open(fileobj=answer, mode="r|gz") as package:
            for member in package:
                if member.name == MEMBER:
                    return json.load(package.extractfile(member))
    sys.exit(f"slice.py: the package has no {MEMBER}")


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def lean(node):
    """Without examples and prose, which are most of it and say nothing to a validator."""
    if isinstance(node, dict):
        return {
            key: {name: lean(it) for name, it in value.items()} if key == "properties" else lean(value)
            for key, value in node.items()
            if key == "properties" or key not in ("description", "example", "examples", "x-github", "externalDocs")
        }
    return [lean(value) for value in node] if isinstance(node, list) else node


def cut(whole, operations):
    paths, components = {}, {}
    for operation in operations:
        method, path = operation.split()
        if method.lower() not in whole["paths"].get(path, {}):
            sys.exit(f"slice.py: GitHub does not describe {operation}")
        paths.setdefault(path, {})[method.lower()] = lean(whole["paths"][path][method.lower()])
    waiting = list(references(paths))
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = lean(whole["components"][kind][name])
            waiting.extend(references(components[kind][name]))
    return {"info": whole["info"], "paths": paths, "components": components}


def main():
    address, out = sys.argv[1:]
    operations = Path(__file__).with_name("operations.txt").read_text().splitlines()
    Path(out).write_text(json.dumps(cut(description(address), operations), sort_keys=True))


main()
