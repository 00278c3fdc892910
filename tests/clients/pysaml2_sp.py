"""A service provider on pysaml2, both profiles and both bindings (see peer.py)."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from peer import Refused, run
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, SAMLError
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import create_metadata_string
from saml2.saml import NAMEID_FORMAT_ENTITY, NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, Issuer
from saml2.samlp import NameIDPolicy
from saml2.sigver import SigverError
from saml2.validate import NotValid, ResponseLifetimeExceed, ToEarly
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

ATTRIBUTES = ["spidCode", "name", "familyName", "fiscalNumber", "dateOfBirth"]


def client(setup, with_idp=True):
    spid = setup["profile"] == "spid"
    config = SPConfig()
    config.load(
        {
            "entityid": setup["entity_id"],
            "name": "pysaml2",
            "description": "A service provider on pysaml2",
            "key_file": setup["key"],
            "cert_file": setup["cert"],
            "encryption_keypairs": [{"key_file": setup["key"], "cert_file": setup["cert"]}],
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "metadata": {"local": [setup["idp_metadata"]]} if with_idp else {},
            "organization": {
                "name": [("pysaml2", "it")],
                "display_name": [("pysaml2", "it")],
                "url": [("https://sp.example.org", "it")],
            },
            "service": {
                "sp": {
                    "name": "pysaml2",
                    "endpoints": {
                        "assertion_consumer_service": [(setup["acs"], BINDING_HTTP_POST)],
                        "single_logout_service": [(setup["acs"] + "/slo", BINDING_HTTP_POST)],
                    },
                    "required_attributes": ATTRIBUTES,
                    "name_id_format": [NAMEID_FORMAT_TRANSIENT if spid else NAMEID_FORMAT_PERSISTENT],
                    "allow_unsolicited": False,
                    "authn_requests_signed": True,
                    "want_assertions_signed": True,
                    "want_response_signed": True,
                    "want_assertions_or_response_signed": False,
                }
            },
            "attribute_map_dir": str(Path(__file__).with_name("attributes")),
            "allow_unknown_attributes": True,
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
            "accepted_time_diff": 0,
        }
    )
    return Saml2Client(config=config)


def metadata(setup):
    config = client(setup, with_idp=False).config
    return create_metadata_string(None, config=config, sign=False).decode()


def request(setup):
    sp = client(setup)
    spid = setup["profile"] == "spid"
    name_id = NAMEID_FORMAT_TRANSIENT if spid else NAMEID_FORMAT_PERSISTENT
    identifier, message = sp.create_authn_request(
        setup["sso"],
        binding=BINDING_HTTP_POST,
        sign=False,
        name_id_policy=NameIDPolicy(format=name_id, allow_create=None if spid else "true"),
        requested_authn_context={"authn_context_class_ref": [setup["class"]], "comparison": "minimum" if spid else "exact"},
        force_authn="true" if spid else None,
        **({"attribute_consuming_service_index": "1"} if spid else {}),
    )
    if spid:
        # What the rules ask beyond what pysaml2 writes by itself (spid-saml §1.1).
        message.issuer = Issuer(text=setup["entity_id"], format=NAMEID_FORMAT_ENTITY, name_qualifier=setup["entity_id"])
        message.provider_name = None
    if setup["binding"] == "post":
        signed = sp.sign(message, sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256)
        info = sp.apply_binding(BINDING_HTTP_POST, str(signed), setup["sso"], relay_state="where-i-was")
        form = info["data"]
        fields = {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in ("SAMLRequest", "RelayState")}
        return {"method": "POST", "url": setup["sso"], "fields": fields, "id": identifier}
    info = sp.apply_binding(
        BINDING_HTTP_REDIRECT, str(message), setup["sso"], relay_state="where-i-was", sign=True, sigalg=SIG_RSA_SHA256
    )
    url = dict(info["headers"])["Location"]
    assert {"SAMLRequest", "RelayState", "SigAlg", "Signature"} <= {name for name, _ in parse_qsl(urlsplit(url).query)}
    return {"method": "GET", "url": url, "fields": {}, "id": identifier}


def check(setup, answer):
    sp = client(setup)
    try:
        response = sp.parse_authn_request_response(
            answer["SAMLResponse"], BINDING_HTTP_POST, outstanding={answer["id"]: "/"}
        )
    except (SAMLError, SigverError, NotValid, ResponseLifetimeExceed, ToEarly) as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    if response is None:
        raise Refused("pysaml2 gave no response")
    return {
        "name_id": response.name_id.text,
        "attributes": response.ava,
        "class": response.authn_info()[0][0],
        "relay_state": answer["RelayState"],
    }


run(metadata, request, check)
