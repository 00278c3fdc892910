"""The responses of spid-sp-test, made without a network: rendered by the suite's own code, and signed as it signs.

The suite starts xmlsec1 four times a response; here its library signs, in this process.

    spid_responses.py SETUP

SETUP is a JSON file: `request` (the AuthnRequest's XML), `metadata` (ours, XML), `profile`. On standard output comes
a JSON object: `certificate` (PEM of the suite's identity provider), `entity_id`, and `responses`, a list of `id`,
`description`, `xml`, `accept` (whether 200 is among the statuses that the suite takes) and `refuse` (whether another is).
"""

import functools
import json
import sys

import xmlsec
from lxml import etree

import spid_sp_test.response as suite
from spid_sp_test.idp.settings import SAML2_IDP_CONFIG
from spid_sp_test.responses import settings
from spid_sp_test.utils import del_ns


def signed(command, files):
    """What `xmlsec1 --sign --privkey-pem KEY[,CERTIFICATE] --id-attr:ID NAME` makes of a file, as the suite calls it."""
    (key, _, certificate), name = command[3].partition(","), command[5].rpartition(":")[2]
    tree = etree.parse(files[0])
    context = xmlsec.SignatureContext()
    for element in tree.iter("{*}" + name):
        if element.get("ID"):
            context.register_id(element, "ID")
    context.key = xmlsec.Key.from_file(key, xmlsec.constants.KeyDataFormatPem)
    if certificate:
        context.key.load_cert_from_file(certificate, xmlsec.constants.KeyDataFormatPem)
    context.sign(xmlsec.tree.find_node(tree, "Signature"))
    return "", "", etree.tostring(tree)


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
    check.crypto_backend._run_xmlsec = signed
    templates = suite.Environment(
        loader=suite.FileSystemLoader(searchpath=check.template_path), autoescape=suite.select_autoescape(["xml"])
    )
    suite.Environment = lambda **_: templates
    suite.Template = functools.cache(suite.Template)
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
