#!/usr/bin/env python3
"""Follows README.md's tour: every fence marked `sh`, in order, in one shell, against a real binary.

The tour says build/release/allim and the default ports; here they are a link to the binary and ports
that are free, of which commands that name none hear by ALLIM_URL. Prints TAP.

usage: test_readme.py README BINARY
"""
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

PATIENCE_SECONDS = 300
DEFAULT_PORTS = ["8080", "8081"]

# What must be in the output, each behind the one before: the tour's promises.
EXPECTED = [
    ("the node is ready", r'"status":"ready"'),
    ("a publish to one user is answered", r'"notifications":\[\{"id":1,"user":"anna"\}\]'),
    ("a publish to everyone is answered", r'"notifications":\[\{"id":2,"everyone":true\}\]'),
    ("the list has both", r'\{"notifications":\[\{"id":2,.*\{"id":1,.*"unread":2,"cursor":"'),
    ("the poll tells of the last publish", r'\{"notifications":\[\{"id":3,'),
    ("the poll tells of marking everything", r'"marked":\[\{"all":"read",.*"unread":1,'),
    ("the command line publishes", r'^4$'),
    ("the command line subscribes", r'#4 comment +Hello$'),
    ("the system is measured", r"^  \[x\] .* 4 rows$"),
    ("what was measured goes on", r"allim advise --from measurement\.json"),
    ("a method is advised", r"\(sse-db\)$"),
    ("methods have their costs", r"^SSE \+ database polling +[0-9.]+"),
]

# In the output of a stream that runs beside the other commands, so anywhere.
STREAMED = [
    ("the stream begins", r"retry: \d+\n"),
    ("the stream hears of marking everything", r'data: \{"all":"read",[^\n]*\}\n'),
    ("the stream hears of the publish", r'event: notification\ndata: \{"id":3,'),
]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [str(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def tour_of(readme, ports):
    fences = re.findall(r"^```sh\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.M | re.S)
    script = "\n".join(["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *fences])
    script = script.replace("allim serve", f"allim serve --listen 127.0.0.1:{DEFAULT_PORTS[0]} "
                                           f"--admin-listen 127.0.0.1:{DEFAULT_PORTS[1]}")
    for default, port in zip(DEFAULT_PORTS, ports):
        script = script.replace(f"127.0.0.1:{default}", f"127.0.0.1:{port}")
    return script


def run(script, binary, folder, port):
    link = folder / "build" / "release" / "allim"
    link.parent.mkdir(parents=True)
    link.symlink_to(binary.resolve())
    settings = {name: value for name, value in os.environ.items() if not name.startswith("ALLIM_")}
    settings["LC_ALL"] = "C"
    settings["ALLIM_URL"] = f"http://127.0.0.1:{port}"
    return subprocess.run(["bash", "-c", script], cwd=folder, env=settings, text=True,
                          timeout=PATIENCE_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


def check(result):
    """Yields what was expected and whether it came true."""
    yield f"the tour ends with status {result.returncode}", result.returncode == 0
    position = 0
    for name, pattern in EXPECTED:
        match = re.compile(pattern, re.M).search(result.stdout, position)
        yield name, match is not None
        position = match.end() if match else position
    for name, pattern in STREAMED:
        yield name, re.search(pattern, result.stdout) is not None


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        ports = free_ports(len(DEFAULT_PORTS))
        script = tour_of(pathlib.Path(arguments[0]), ports)
        result = run(script, pathlib.Path(arguments[1]), pathlib.Path(folder), ports[0])
        left = [path.name for path in pathlib.Path(folder).iterdir() if path.name != "build"]
    outcomes = [*check(result), (f"nothing is left behind {left}", not left)]
    for number, (name, passed) in enumerate(outcomes, start=1):
        print(f"{'ok' if passed else 'not ok'} {number} - {name}")
    print(f"1..{len(outcomes)}")
    if not all(passed for _, passed in outcomes):
        print(result.stdout, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
