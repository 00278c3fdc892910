"""What the Python service providers share: they are called as `SCRIPT SETUP VERB`.

SETUP is a JSON file: `entity_id`, `acs`, `profile` (spid or generic), `binding`
(redirect or post: how the request is sent), `class` (the AuthnContextClassRef
asked for), `key` and `cert` (PEM files of the service provider), `idp_metadata`
(a file), `sso` (the address the request goes to).

VERB is one of
- `metadata`: prints the service provider's metadata;
- `request`: prints {"method", "url", "fields", "id"}, a request for a browser to send;
- `check`: reads a list of {"id", "SAMLResponse", "RelayState"} and prints a list of
  {"accepted", ...}, with `why` where the library refused, else what it read from the response;
- another one that the script has: reads JSON and prints what its function makes of it.
"""

import json
import sys


def run(metadata, request, check, **more):
    """Runs the verb on the command line with the functions that carry it out."""
    setup_file, verb = sys.argv[1:3]
    with open(setup_file, encoding="utf-8") as file:
        setup = json.load(file)
    if verb == "metadata":
        print(metadata(setup))
    elif verb == "request":
        print(json.dumps(request(setup)))
    elif verb == "check":
        print(json.dumps([verdict(check, setup, answer) for answer in json.load(sys.stdin)]))
    elif verb in more:
        print(json.dumps(verdict(more[verb], setup, json.load(sys.stdin))))
    else:
        sys.exit(f"{verb}: not a verb")


def verdict(check, setup, answer):
    try:
        return {"accepted": True, **check(setup, answer)}
    except Refused as refused:
        return {"accepted": False, "why": str(refused)}


class Refused(Exception):
    """The library refused the response."""
