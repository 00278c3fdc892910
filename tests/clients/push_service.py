"""A push service (RFC 8030) and the phone behind it: what comes is checked, decrypted by http-ece and known to be ours by py-vapid.

Arguments: port, certificate and key. The first line on standard output is a subscription's keys; each request is a line of JSON.
What the service does is in the path: /push/ok/…, /push/busy/… (429 once, then 201), /push/down/… (503 once), /push/large/…
(413), /push/gone/… (410), /push/unknown/… (404).
"""

import base64
import json
import os
import ssl
import sys
import time

import http_ece
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

LARGEST = 4096


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Service:
    def __init__(self, origin):
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        self.seen = set()

    def keys(self):
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": encode(point), "auth": encode(self.auth)}

    def vapid(self, said):
        """RFC 8292: the token, judged by py-vapid, which knows no space after the comma; and our own look at the claims."""
        if not Vapid02.verify(said.replace(", ", ",")):
            raise ValueError("the token's signature")
        parts = dict(part.split("=", 1) for part in said.removeprefix("vapid ").split(", "))
        claims = json.loads(decode(parts["t"].split(".")[1]))
        if claims["aud"] != self.origin:
            raise ValueError("the token is for another service")
        if not time.time() < claims["exp"] <= time.time() + 24 * 3600:
            raise ValueError("the token's end")
        return {"key": parts["k"], "contact": claims["sub"]}

    async def take(self, request):
        kind, name = request.match_info["kind"], request.path
        headers, body = request.headers, await request.read()
        row = {"path": name, "at": time.time(), "topic": headers.get("Topic"), "urgency": headers.get("Urgency")}
        status, more = 201, {"Location": f"{self.origin}/message/{encode(os.urandom(9))}"}
        try:
            # RFC 8030 §5.2: a request without a TTL is an error.
            row["ttl"] = int(headers["TTL"])
            row["vapid"] = self.vapid(headers["Authorization"])
            if headers["Content-Encoding"] != "aes128gcm":
                raise ValueError("the content coding")
            if len(body) > LARGEST:
                raise ValueError("the length")
            row["text"] = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth).decode()
        except Exception as error:
            row["fault"] = repr(error)
            status, more = 400, {}
        else:
            first = name not in self.seen
            self.seen.add(name)
            if kind == "busy" and first:
                status, more = 429, {"Retry-After": "9"}
            elif kind == "down" and first:
                status, more = 503, {}
            elif kind == "large":
                status, more = 413, {}
            elif kind == "gone":
                status, more = 410, {}
            elif kind == "unknown":
                status, more = 404, {}
        row["status"] = status
        print(json.dumps(row), flush=True)
        return web.Response(status=status, headers=more)


def main():
    port, certificate, key = sys.argv[1:4]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    service = Service(f"https://localhost:{port}")
    app = web.Application()
    app.router.add_post("/push/{kind}/{id}", service.take)

    async def ready(_):
        print(json.dumps(service.keys()), flush=True)

    app.on_startup.append(ready)
    web.run_app(app, host="127.0.0.1", port=int(port), ssl_context=context, print=None, access_log=None)


main()
