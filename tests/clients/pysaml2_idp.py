"""An identity provider on pysaml2: pysaml2_idp.py SETUP

SETUP is a JSON file: `port`, `url`, `key` and `cert` (PEM files), `sp_metadata` (a file, read at the first request), `control` (a
file that holds the AuthnContextClassRef that the next person reaches). Its metadata are at /metadata; at /sso it takes a signed
request by HTTP-Redirect, asks the person nothing, and answers by HTTP-POST. It says "ready" once it listens.
"""

import html
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAME_FORMAT_BASIC, NAMEID_FORMAT_TRANSIENT
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

PERSON = {"name": "Ada", "familyName": "Lovelace", "fiscalNumber": "TINIT-LVLDAA85T50G702B"}
PAGE = (
    '<!doctype html><form method="post" action="{}"><input type="hidden" name="SAMLResponse" value="{}"/>'
    '<input type="hidden" name="RelayState" value="{}"/><button type="submit">OK</button></form>'
)


def config(setup, with_sp):
    made = IdPConfig()
    made.load(
        {
            "entityid": f"{setup['url']}/metadata",
            "key_file": setup["key"],
            "cert_file": setup["cert"],
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "metadata": {"local": [setup["sp_metadata"]]} if with_sp else {},
            "service": {
                "idp": {
                    "name": "pysaml2",
                    "endpoints": {"single_sign_on_service": [(f"{setup['url']}/sso", BINDING_HTTP_REDIRECT)]},
                    "policy": {"default": {"lifetime": {"minutes": 5}, "name_form": NAME_FORMAT_BASIC, "attribute_restrictions": None}},
                    "name_id_format": [NAMEID_FORMAT_TRANSIENT],
                    "want_authn_requests_signed": True,
                }
            },
            "attribute_map_dir": str(Path(__file__).with_name("attributes")),
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
        }
    )
    return made


class Handler(BaseHTTPRequestHandler):
    settled = None
    idp = None

    def do_GET(self):
        address = urlsplit(self.path)
        if address.path == "/metadata":
            metadata = create_metadata_string(None, config=config(self.settled, with_sp=False), sign=False)
            self.answer(metadata, "application/samlmetadata+xml")
        else:
            self.answer(self.sso({name: one for name, [one] in parse_qs(address.query).items()}).encode(), "text/html")

    def sso(self, query):
        if Handler.idp is None:
            Handler.idp = Server(config=config(self.settled, with_sp=True))
        message = self.idp.parse_authn_request(
            query["SAMLRequest"], BINDING_HTTP_REDIRECT, query.get("RelayState"), query["SigAlg"], query["Signature"]
        ).message
        reply = self.idp.response_args(message, [BINDING_HTTP_POST])
        if reply.pop("binding") != BINDING_HTTP_POST:
            raise ValueError("the answer cannot be posted")
        reached = Path(self.settled["control"]).read_text(encoding="utf-8")
        answer = self.idp.create_authn_response(
            PERSON,
            userid="ada",
            authn={"class_ref": reached, "authn_auth": ""},
            sign_response=True,
            sign_assertion=True,
            sign_alg=SIG_RSA_SHA256,
            digest_alg=DIGEST_SHA256,
            **reply,
        )
        form = self.idp.apply_binding(BINDING_HTTP_POST, str(answer), reply["destination"], response=True)["data"]
        response = form.split('name="SAMLResponse" value="')[1].split('"')[0]
        return PAGE.format(*(html.escape(one) for one in (reply["destination"], response, query.get("RelayState", ""))))

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    Handler.settled = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    server = HTTPServer(("127.0.0.1", Handler.settled["port"]), Handler)
    print("ready", flush=True)
    server.serve_forever()


main()
