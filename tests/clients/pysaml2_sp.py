"""A service provider on pysaml2, both profiles and both bindings (see peer.py)."""

import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from peer import Refused, run
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, SAMLError
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import create_metadata_string
from saml2.response import StatusError
from saml2.saml import NAMEID_FORMAT_ENTITY, NAMEID_FORMAT_PERSISTENT, NAMEID_FORMAT_TRANSIENT, Issuer, NameID
from saml2.samlp import NameIDPolicy
from saml2.sigver import SigverError, verify_redirect_signature
from saml2.validate import NotValid, ResponseLifetimeExceed, ToEarly
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

BINDINGS = {"redirect": BINDING_HTTP_REDIRECT, "post": BINDING_HTTP_POST}
ATTRIBUTES = ["spidCode", "name", "familyName", "fiscalNumber", "dateOfBirth"]


CLIENTS = {}


def client(setup, with_idp=True):
    """The client of a setup, made once: each reads its key anew, which takes as long as a request."""
    names = ("entity_id", "acs", "profile", "binding", "key", "cert", "idp_metadata")
    its_own = (with_idp, *(setup.get(name) for name in names))
    if its_own not in CLIENTS:
        CLIENTS[its_own] = made(setup, with_idp)
    return CLIENTS[its_own]


def made(setup, with_idp):
    spid = setup["profile"] == "spid"
    name = f"pysaml2 by {setup['binding']}"
    config = SPConfig()
    config.load(
        {
            "entityid": setup["entity_id"],
            "name": name,
            "description": "A service provider on pysaml2",
            "key_file": setup["key"],
            "cert_file": setup["cert"],
            "encryption_keypairs": [{"key_file": setup["key"], "cert_file": setup["cert"]}],
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "metadata": {"local": [setup["idp_metadata"]]} if with_idp else {},
            "organization": {
                "name": [(name, "it")],
                "display_name": [(name, "it")],
                "url": [("https://sp.example.org", "it")],
            },
            "service": {
                "sp": {
                    "name": name,
                    "endpoints": {
                        "assertion_consumer_service": [(setup["acs"], BINDING_HTTP_POST)],
                        "single_logout_service": [(setup["acs"] + "/slo", BINDINGS[setup["binding"]])],
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
        requested_authn_context={"authn_context_class_ref": [setup["class"]], "comparison": setup.get("comparison", "minimum" if spid else "exact")},
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


def requests(setup, asked):
    """A request for each of `asked`: a list of what is otherwise than in the setup."""
    return {"requests": [request({**setup, **one}) for one in asked]}


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


def logout(setup, asked):
    """A LogoutRequest for `asked`: {"name_id", "session_index"}."""
    sp = client(setup)
    binding = BINDINGS[setup["binding"]]
    idp = sp.metadata.identity_providers()[0]
    destination = sp.metadata.single_logout_service(idp, binding, "idpsso")[0]["location"]
    identifier, message = sp.create_logout_request(
        destination,
        idp,
        name_id=name_of(asked, idp),
        session_indexes=[asked["session_index"]],
        sign=setup["binding"] == "post",
        sign_alg=SIG_RSA_SHA256,
        digest_alg=DIGEST_SHA256,
    )
    return {**sent(sp, binding, message, destination, response=False), "id": identifier}


def answer(setup, asked):
    """The LogoutResponse to our LogoutRequest in `asked`: {"name_id", "parameters"}."""
    sp = client(setup)
    binding = BINDINGS[setup["binding"]]
    parameters = asked["parameters"]
    idp = sp.metadata.identity_providers()[0]
    name = name_of(asked, idp)
    lasting = int(time.time()) + 3600
    sp.users.add_information_about_person({"name_id": name, "issuer": idp, "not_on_or_after": lasting, "ava": {}})
    signed_by(sp, idp, binding, parameters)
    message = sp.parse_logout_request(parameters["SAMLRequest"], binding).message
    if message.name_id != name:
        raise Refused(f"{message.name_id} is not {name}")
    if not sp.local_logout(name):
        raise Refused("nobody of that name is logged in")
    response = sp.create_logout_response(
        message, bindings=[binding], sign=setup["binding"] == "post", sign_alg=SIG_RSA_SHA256, digest_alg=DIGEST_SHA256
    )
    destination = sp.response_args(message, [binding])["destination"]
    return sent(sp, binding, response, destination, response=True)


def answered(setup, asked):
    """What the LogoutResponse in `asked`, {"parameters"}, says."""
    sp = client(setup)
    binding = BINDINGS[setup["binding"]]
    parameters = asked["parameters"]
    signed_by(sp, sp.metadata.identity_providers()[0], binding, parameters)
    try:
        response = sp.parse_logout_request_response(parameters["SAMLResponse"], binding)
    except StatusError as error:
        return {"status": str(error), "in_response_to": None, "relay_state": parameters.get("RelayState")}
    except (SAMLError, SigverError, NotValid) as error:
        raise Refused(f"{type(error).__name__}: {error}") from error
    status = response.response.status.status_code.value
    return {"status": status, "in_response_to": response.in_response_to, "relay_state": parameters.get("RelayState")}


def name_of(asked, idp):
    return NameID(text=asked["name_id"], format=NAMEID_FORMAT_TRANSIENT, name_qualifier=idp)


def sent(sp, binding, message, destination, response):
    by_redirect = binding == BINDING_HTTP_REDIRECT
    field = "SAMLResponse" if response else "SAMLRequest"
    info = sp.apply_binding(
        binding,
        str(message),
        destination,
        relay_state="where-i-was",
        response=response,
        sign=by_redirect,
        sigalg=SIG_RSA_SHA256,
    )
    if by_redirect:
        return {"method": "GET", "url": dict(info["headers"])["Location"], "fields": {}}
    form = info["data"]
    fields = {name: form.split(f'name="{name}" value="')[1].split('"')[0] for name in (field, "RelayState")}
    return {"method": "POST", "url": destination, "fields": fields}


def signed_by(sp, idp, binding, parameters):
    """What pysaml2 leaves to its caller: a redirect's signature."""
    if binding != BINDING_HTTP_REDIRECT:
        return
    certs = sp.metadata.certs(idp, "idpsso", "signing")
    if not any(verify_redirect_signature(parameters, sp.sec.sec_backend, cert) for _, cert in certs):
        raise Refused("the query's signature does not hold")


run(metadata, request, check, requests=requests, logout=logout, answer=answer, answered=answered)
