"""An MDQ server by pyFF: answers on a port with what is in a folder, each signed by a key.

Arguments: a port, a folder of metadata, a key (PEM), its certificate (PEM). Prints "ready" once it answers.
"""

import sys
import tempfile
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pyff.builtins  # noqa: F401 - the pipes register themselves
from pyff.api import mkapp
from pyff.constants import config
from pyff.pipes import plumbing
from pyff.repo import MDRepository

PIPELINE = """
- when update:
    - load fail_on_error True:
        - {folder}
- when request:
    - select
    - first
    - finalize:
        cacheDuration: PT5H
        validUntil: P10D
    - sign:
        key: {key}
        cert: {certificate}
    - emit application/samlmetadata+xml
    - break
"""


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


def main(port, folder, key, certificate):
    config.update_frequency = 0
    config.caching_enabled = False
    place = tempfile.mkdtemp()
    config.local_copy_dir = f"{place}/copies"
    pipeline = Path(place) / "pipeline.fd"
    pipeline.write_text(PIPELINE.format(folder=folder, key=key, certificate=certificate))
    repository = MDRepository()
    plumbing(str(pipeline)).process(repository, state={"update": True, "stats": {}})
    app = mkapp(str(pipeline), md=repository)
    server = make_server("127.0.0.1", int(port), app, handler_class=Quiet)
    print("ready", flush=True)
    server.serve_forever()


main(*sys.argv[1:])
