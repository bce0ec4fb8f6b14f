#!/usr/bin/env python3
"""Breaks a copy of the project in one place at a time and expects scripts/check-docs to say so.

Prints TAP.

usage: test_check_docs.py ROOT
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

COPIED = ["docs", "src", "web", "scripts", "tests/integration/guide", "tests/docs"]

# A file, what to replace in it and with what, and words of the complaint.
MISTAKES = [
    ("src/server/routes.def", "/v1/inbox/count", "/v1/inbox/number",
     "docs/api.md: route GET /v1/inbox/number is missing"),
    ("docs/api.md", "### `POST /v1/inbox/seen`", "", "docs/api.md: route POST /v1/inbox/seen is missing"),
    ("docs/api.md", "### `POST /v1/inbox/seen`", "### `PUT /v1/inbox/seen`",
     "docs/api.md: there is no route PUT /v1/inbox/seen"),
    ("docs/api.md", "| `draining` | 503 |", "| `draining` | 500 |", "problem draining 503 This node is about to stop is missing"),
    ("src/server/problems.def", "The body is not valid JSON", "The body is no JSON",
     "problem invalid_json 400 The body is no JSON is missing"),
    ("docs/api.md", "(RFC 9112, 3.2) |", "(RFC 9112, 3) |", "there is no problem bad_target 400 The request target"),
    ("src/protocol/http_problem.def", '"bare_lf"', '"lonely_lf"', "problem lonely_lf"),
    ("docs/operations.md", "| `allim_streams` | gauge |", "| `allim_streams` | counter |",
     "metric allim_streams gauge Streams held now. is missing"),
    ("src/server/figures.c", "HELP allim_info Always 1;", "HELP allim_info What runs here;",
     "metric allim_info gauge What runs here; its labels"),
    ("src/server/figures.c", '"Resident memory."', '"Memory."', "metric allim_memory_bytes gauge Memory. is missing"),
    ("src/server/metrics.c", "the send, for changes", "the sending, for changes",
     "metric allim_delivery_latency_seconds histogram Time from the commit to the sending"),
    ("src/server/metrics.def", '"Heartbeats sent."', '"Heartbeats."', "metric allim_heartbeats_total counter Heartbeats."),
    ("docs/guide.md", "`allim_streams`", "`allim_rivers`", "docs/guide.md: there is no metric allim_rivers"),
    ("docs/operations.md", "| info | `settings reloaded` |", "| info | `settings loaded` |",
     "log line info settings reloaded is missing"),
    ("docs/operations.md", "| warning | `stopping at once` |", "| error | `stopping at once` |",
     "there is no log line error stopping at once"),
    ("src/store/sqlite_connection.c", '"the database failed"', '"the database " "broke"',
     "log line error the database broke is missing"),
    ("src/audit/audit_events.def", '"connect"', '"open"', "docs/audit.md: event open is missing"),
    ("src/advisor/figures.def", '"users", 0, 1e9', '"users", 0, 1e8',
     "measurement.schema.json: figure users count 0.0 100000000.0 users that"),
    ("docs/schemas/measurement.schema.json", '"value": {"minimum": 1, "maximum": 100}', '"value": {"minimum": 1}',
     "the limits of tabs are not those of its value"),
    ("src/method/methods.def", 'METHOD("sse"', 'METHOD("see"', "README.ko.md: method see is missing"),
    ("src/config/settings.def", '"stream.heartbeat"', '"stream.pulse"', "docs/settings.md: setting stream.pulse is missing"),
    ("docs/operations.md", "`drain.batch`", "`drain.bunch`", "there is no setting drain.bunch"),
    ("README.ko.md", "--user anna)", "--user bo)", "its commands are not those of README.md"),
    ("README.ko.md", "[docs/cluster.md](docs/cluster.md) |", "docs/cluster.md |",
     "README.ko.md: way to docs/cluster.md is missing"),
    ("README.md", "(docs/delivery.md)", "(docs/deliver.md)", "the link docs/deliver.md leads nowhere"),
    ("docs/api.md", "(delivery.md)", "(delivery.md#nowhere)", "names no heading of its page"),
    ("src/server/sources.c", '"Messages published."', '"Published."',
     "metric allim_source_published_total counter Published. is missing"),
    ("ARCHITECTURE.md", "`stream_open()`", "`open_stream()`", "ARCHITECTURE.md: there is no function open_stream()"),
    ("ARCHITECTURE.md", "`intake/routing.c`", "`intake/router.c`", "ARCHITECTURE.md: there is no file intake/router.c"),
    ("docs/openapi.yaml", "  /v1/inbox/count:", "  /v1/inbox/sum:", "docs/openapi.yaml: there is no route GET /v1/inbox/sum"),
    ("docs/openapi.yaml", "            - draining", "            - drained", "docs/openapi.yaml: there is no problem drained"),
]

# What only a reader of YAML can see.
YAML_MISTAKES = [
    ("docs/openapi.yaml", "summary: Mark as read", "summary: Marks as read", 'the summary is "Mark as read"'),
    ("docs/openapi.yaml", "schemas/Marked'}", "schemas/Remarked'}", "schemas/Remarked is not there"),
    ("docs/openapi.yaml", "schemas/cost.schema.json", "schemas/costs.schema.json", "schemas/costs.schema.json is not there"),
    ("docs/openapi.yaml", "operationId: markSeen", "operationId: markRead", "operationId markRead is not unique"),
    ("docs/openapi.yaml", "security: [{apiKey: []}]", "security: []", "the security of PUBLISHER"),
    ("docs/openapi.yaml", "      - $ref: '#/components/parameters/Id'", "      []", "parameter id is missing"),
]


def copy_project(root, folder):
    for name in COPIED:
        shutil.copytree(root / name, folder / name)
    for path in [*root.glob("*.md"), root / "LICENSE", root / "meson.build"]:
        shutil.copy(path, folder)


def complaints_about(folder):
    command = [sys.executable, str(folder / "scripts" / "check-docs"), str(folder)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False).stderr


def try_mistake(folder, path, old, new, expected):
    """Returns whether the complaint came; the file is put back."""
    text = (folder / path).read_text(encoding="utf-8")
    if old not in text:
        return False
    (folder / path).write_text(text.replace(old, new, 1), encoding="utf-8")
    complaints = complaints_about(folder)
    (folder / path).write_text(text, encoding="utf-8")
    if expected not in complaints:
        print(complaints, file=sys.stderr)
    return expected in complaints


def has_yaml():
    return subprocess.run([sys.executable, "-c", "import yaml"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    mistakes = MISTAKES + (YAML_MISTAKES if has_yaml() else [])
    passed = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_project(pathlib.Path(arguments[0]), folder)
        complaints = complaints_about(folder)
        print(complaints, end="", file=sys.stderr)
        passed.append((complaints == "", "the project as it is"))
        for mistake in mistakes:
            passed.append((try_mistake(folder, *mistake), mistake[3]))
    for number, (good, what) in enumerate(passed, start=1):
        print(f"{'ok' if good else 'not ok'} {number} - {what}".replace("#", "\\#"))
    print(f"1..{len(passed)}")
    return 0 if all(good for good, _ in passed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
