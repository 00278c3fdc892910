"""What spid-sp-test's own program says of metadata files.

Reads a JSON list of [file, profile] from standard input; writes for each what failed, whether the program broke off,
and the seconds it took. The program is the real one with its own command line; one interpreter runs it over and over, so
that its start is not counted against it.
"""

import contextlib
import io
import json
import logging
import pathlib
import runpy
import sys
import tempfile
import time
import warnings

warnings.simplefilter("ignore")
PROGRAM = str(pathlib.Path(sys.executable).with_name("spid_sp_test"))


def verdict(file, profile):
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        sys.argv = [
            PROGRAM, "--metadata-url", "file://" + file, "-pr", profile, "-d", "CRITICAL", "-rf", "json", "-o", report.name,
        ]
        said = io.StringIO()
        logging.getLogger().handlers.clear()
        began = time.monotonic()
        status = 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                runpy.run_path(PROGRAM, run_name="__main__")
            except SystemExit as end:
                status = end.code or 0
        seconds = time.monotonic() - began
        tests = json.load(open(report.name))["test"]["sp"].get("metadata_strict", {})
        results = [one for all in tests.values() for one in all]
        failed = [one["test"] if isinstance(one["test"], str) else str(one["test"]) for one in results if one["result"] == "failure"]
        return {
            "failed": failed,
            "broke_off": "Errors occourred" in said.getvalue(),
            "status": status,
            "seconds": seconds,
        }


print(json.dumps([verdict(*one) for one in json.load(sys.stdin)]))
