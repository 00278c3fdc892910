"""A service provider on python3-saml: Redirect, generic profile (see peer.py)."""

from base64 import b64decode
from urllib.parse import urlsplit

import xmlsec
from lxml import etree
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from peer import Refused, run


def settings(setup, with_idp=True):
    with open(setup["key"], encoding="ascii") as key, open(setup["cert"], encoding="ascii") as cert:
        ours = {
            "strict": True,
            "sp": {
                "entityId": setup["entity_id"],
                "assertionConsumerService": {
                    "url": setup["acs"],
                    "binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
                },
                "attributeConsumingService": {
                    "serviceName": "python3-saml",
                    "serviceDescription": "A service provider on python3-saml",
                    "requestedAttributes": [{"name": name} for name in ("name", "familyName", "fiscalNumber")],
                },
                "NameIDFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
                "x509cert": cert.read(),
                "privateKey": key.read(),
            },
            "security": {
                "authnRequestsSigned": True,
                "wantMessagesSigned": True,
                "wantAssertionsSigned": True,
                "wantNameId": True,
                "rejectUnsolicitedResponsesWithInResponseTo": True,
                "requestedAuthnContext": [setup["class"]],
                "requestedAuthnContextComparison": "exact",
                "failOnAuthnContextMismatch": True,
                "signatureAlgorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                "digestAlgorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
            },
        }
    if not with_idp:
        return ours
    with open(setup["idp_metadata"], encoding="utf-8") as file:
        idp = OneLogin_Saml2_IdPMetadataParser.parse(file.read())
    del idp["sp"]
    idp.pop("security", None)
    return {**ours, **idp}


def auth(setup, form):
    acs = urlsplit(setup["acs"])
    received = {
        "https": "on" if acs.scheme == "https" else "off",
        "http_host": acs.netloc,
        "script_name": acs.path,
        "get_data": {},
        "post_data": form,
    }
    return OneLogin_Saml2_Auth(received, settings(setup))


def metadata(setup):
    ours = settings(setup, with_idp=False)
    # Lists the key for encryption too; whether it is used is settled at the identity provider.
    ours["security"]["wantAssertionsEncrypted"] = True
    return OneLogin_Saml2_Settings(ours, sp_validation_only=True).get_sp_metadata().decode()


def request(setup):
    sp = auth(setup, {})
    url = sp.login(return_to="where-i-was")
    return {"method": "GET", "url": url, "fields": {}, "id": sp.get_last_request_id()}


def check(setup, answer):
    sp = auth(setup, {name: answer[name] for name in ("SAMLResponse", "RelayState")})
    try:
        etree.fromstring(b64decode(answer["SAMLResponse"]))
    except etree.XMLSyntaxError as error:
        raise Refused(f"not XML: {error}") from error
    try:
        sp.process_response(request_id=answer["id"])
    except xmlsec.Error as error:
        raise Refused(f"cannot be decrypted: {error}") from error
    if sp.get_errors() or not sp.is_authenticated():
        raise Refused(f"{sp.get_errors()}: {sp.get_last_error_reason()}")
    return {
        "name_id": sp.get_nameid(),
        "attributes": sp.get_attributes(),
        "class": sp.get_last_authn_contexts()[0],
        "relay_state": answer["RelayState"],
    }


run(metadata, request, check)
