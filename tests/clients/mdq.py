"""Asks an MDQ server as pysaml2 and pyFF do, and prints what came of it, JSON.

Arguments: pysaml2|pyff, the server's address up to /mdq, a certificate (PEM), an entityID, or "" for the list (pyFF alone).
"""

import json
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote


# Names below localhost are this machine (RFC 6761 §6.3), which not every resolver knows.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(
    "127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more
)


def by_pysaml2(base, certificate, entity_id):
    from saml2.config import Config
    from saml2.mdstore import MetaDataMDX
    from saml2.sigver import security_context

    config = Config()
    config.load({"entityid": "https://asks.example", "xmlsec_binary": shutil.which("xmlsec1")})
    found = {}
    for name, transform in {"sha1": None, "name": lambda name: quote(name, safe="")}.items():
        server = MetaDataMDX(
            url=base,
            security=security_context(config),
            cert=certificate,
            entity_transform=transform,
        )
        entity = server[entity_id]
        found[name] = entity["entity_id"]
    return found


def by_pyff(base, certificate, entity_id):
    import pyff.builtins  # noqa: F401 - the pipes register themselves
    from pyff.constants import config
    from pyff.pipes import plumbing
    from pyff.repo import MDRepository

    address = f"{base}/entities"
    if entity_id:
        address += "/" + quote(entity_id, safe="")
    with tempfile.TemporaryDirectory() as folder:
        # Else it would answer from what it fetched before.
        config.local_copy_dir = folder + "/copies"
        pipeline = Path(folder) / "pipeline.fd"
        pipeline.write_text(
            "- load fail_on_error True:\n"
            f'    - "{address} verify {certificate}"\n'
            "- select\n"
        )
        repository = MDRepository()
        selected = plumbing(str(pipeline)).process(repository, state={"batch": True, "stats": {}})
        entities = selected.iter("{urn:oasis:names:tc:SAML:2.0:metadata}EntityDescriptor")
        return {"entities": sorted(entity.get("entityID") for entity in entities)}


def main(client, base, certificate, entity_id):
    ask = {"pysaml2": by_pysaml2, "pyff": by_pyff}[client]
    try:
        print(json.dumps({"found": ask(base, certificate, entity_id)}))
    except BaseException as error:  # noqa: BLE001 - as pyFF has it, and whatever it says, it refuses
        print(json.dumps({"refused": f"{error!r} {error.__context__!r}"}))


main(*sys.argv[1:])
