"""The responses of spid-sp-test, made without a network: rendered and signed by the suite's own code.

    spid_responses.py SETUP

SETUP is a JSON file: `request` (the AuthnRequest's XML), `metadata` (ours, XML), `profile`. On standard output comes
a JSON object: `certificate` (PEM of the suite's identity provider), `entity_id`, and `responses`, a list of `id`,
`description`, `xml`, `accept` (whether 200 is among the statuses that the suite takes) and `refuse` (whether another is).
"""

import json
import sys

from lxml import etree

import spid_sp_test.response as suite
from spid_sp_test.idp.settings import SAML2_IDP_CONFIG
from spid_sp_test.responses import settings
from spid_sp_test.utils import del_ns


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        setup = json.load(file)
    metadata = etree.fromstring(setup["metadata"].encode())
    del_ns(metadata)
    suite.get_authn_request = lambda *_, **__: {
        "SAMLRequest_xml": setup["request"].encode(),
        "RelayState": "opaque",
    }
    check = suite.SpidSpResponseCheck(metadata_etree=metadata, authn_request_url="https://sp.example.org/login")
    skipped = {"70", "71"} if setup["profile"].startswith("cie") else set()
    responses = []
    for name in check.test_names:
        if name in skipped:
            continue
        check.do_authnrequest()
        check.load_user_attributes()
        response = check.load_test(test_name=name)
        text = response.render(user_attrs=check.user_attrs)
        text = check.sign(
            text,
            key_file=response.private_key,
            cert_file=response.response_attrs.get("X509Certificate"),
        )
        text = check.post_xml(text, settings.RESPONSE_TESTS[name])
        statuses = response.conf["status_codes"]
        responses.append(
            {
                "id": name,
                "description": response.conf["description"],
                "xml": text,
                "accept": 200 in statuses,
                "refuse": any(status != 200 for status in statuses),
            }
        )
    with open(SAML2_IDP_CONFIG["cert_file"], encoding="utf-8") as file:
        certificate = file.read()
    print(json.dumps({"certificate": certificate, "entity_id": SAML2_IDP_CONFIG["entityid"], "responses": responses}))


main()
