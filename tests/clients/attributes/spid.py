"""pysaml2's attribute map: the names of SPID are their own friendly names (spid-saml §4)."""

_NAMES = ("spidCode", "name", "familyName", "fiscalNumber", "dateOfBirth", "email", "gender", "placeOfBirth")

MAP = {
    "identifier": "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
    "fro": {name: name for name in _NAMES},
    "to": {name: name for name in _NAMES},
}
