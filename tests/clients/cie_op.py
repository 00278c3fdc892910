"""The OpenID provider of spid-cie-oidc (Django) under CIE's rules, for the tests: cie_op.py SETUP

SETUP is a JSON file: `port`, `issuer`, `folder` (for its database), `client_id`, `redirect_uri`, `jwks` (of the one client), and `mended`, a list
of what is mended here of that which keeps a relying party that follows the rules from logging in: "userinfo" and "acr" (the file
`acr` in `folder` has the class that the person reached; by itself it says the class that was asked for). The client is known as if the
federation's trust chain had been resolved. One person may log in: `ada`, by the password `secret`. It says "ready" once it listens.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

SETUP = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
ISSUER = SETUP["issuer"]
ANCHOR = "https://registry.example.org"
CLASSES = [f"https://www.spid.gov.it/SpidL{level}" for level in (1, 2, 3)]
PERSON = {
    "given_name": "Ada",
    "family_name": "Lovelace",
    "birthdate": "1985-12-10",
    "https://attributes.eid.gov.it/fiscal_number": "TINIT-LVLDAA85T50G702B",
}
PAGE = "{% block extra_head %}{% endblock %}{% block centered_container %}{% endblock %}"

settings.configure(
    SECRET_KEY="of the tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF="spid_cie_oidc.provider.urls",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "spid_cie_oidc.accounts",
        "spid_cie_oidc.entity",
        "spid_cie_oidc.provider",
    ],
    AUTH_USER_MODEL="spid_cie_oidc_accounts.User",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"bootstrap-italia-base.html": PAGE}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(SETUP["folder"]) / "cie.sqlite")}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    STATIC_URL="/static/",
    USE_TZ=True,
    OIDC_PREFIX="oidc/op",
    OIDCFED_PROVIDER_PROFILE="cie",
    OIDCFED_DEFAULT_PROVIDER_PROFILE="cie",
    OIDCFED_TRUST_ANCHORS=[ANCHOR],
    # Tables are made from the models: the migrations take seconds.
    MIGRATION_MODULES={
        name: None for name in ("auth", "contenttypes", "sessions", "spid_cie_oidc_accounts", "spid_cie_oidc_entity", "spid_cie_oidc_provider")
    },
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.utils import timezone  # noqa: E402
from spid_cie_oidc.accounts.models import User  # noqa: E402
from spid_cie_oidc.entity.jwks import create_jwk, public_jwk_from_private_jwk  # noqa: E402
from spid_cie_oidc.entity.models import FederationEntityConfiguration, FetchedEntityStatement, TrustChain  # noqa: E402
from spid_cie_oidc.entity.utils import exp_from_now, iat_now  # noqa: E402
from spid_cie_oidc.provider import views  # noqa: E402
from spid_cie_oidc.provider.views import userinfo_endpoint  # noqa: E402


def fill():
    call_command("migrate", run_syncdb=True, verbosity=0)
    User.objects.create_user("ada", password="secret", attributes=PERSON)
    key = create_jwk()
    key["use"] = "sig"
    FederationEntityConfiguration.objects.create(
        sub=ISSUER,
        entity_type="openid_provider",
        authority_hints=[ANCHOR],
        jwks_fed=[key],
        jwks_core=[key],
        is_active=True,
        metadata={
            "openid_provider": {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorization",
                "token_endpoint": f"{ISSUER}/token",
                "userinfo_endpoint": f"{ISSUER}/userinfo",
                "revocation_endpoint": f"{ISSUER}/revocation",
                "introspection_endpoint": f"{ISSUER}/introspection",
                "jwks": {"keys": [public_jwk_from_private_jwk(key)]},
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["pairwise"],
                "scopes_supported": ["openid", "offline_access"],
                "acr_values_supported": CLASSES,
                "claims_supported": list(PERSON),
                "claims_parameter_supported": True,
                "request_parameter_supported": True,
                "authorization_response_iss_parameter_supported": True,
                "id_token_signing_alg_values_supported": ["RS256"],
                "userinfo_signing_alg_values_supported": ["RS256"],
                "userinfo_encryption_alg_values_supported": ["RSA-OAEP"],
                "userinfo_encryption_enc_values_supported": ["A256CBC-HS512"],
                "request_object_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            }
        },
    )
    tomorrow = timezone.localtime() + timedelta(days=1)
    anchor = FetchedEntityStatement.objects.create(sub=ANCHOR, iss=ANCHOR, exp=tomorrow, iat=timezone.localtime())
    TrustChain.objects.create(
        sub=SETUP["client_id"],
        trust_anchor=anchor,
        exp=tomorrow,
        status="valid",
        jwks=SETUP["jwks"]["keys"],
        metadata={
            "openid_relying_party": {
                "client_id": SETUP["client_id"],
                "client_name": "ponte",
                "redirect_uris": [SETUP["redirect_uri"]],
                "jwks": SETUP["jwks"],
            }
        },
    )


def mend_userinfo():
    """Signed userinfo says by whom and for whom it is (§5.3.2)."""
    sign = userinfo_endpoint.create_jws
    about = {"iss": ISSUER, "aud": SETUP["client_id"]}
    userinfo_endpoint.create_jws = lambda claims, key: sign({**claims, **about, "iat": iat_now(), "exp": exp_from_now()}, key)


def mend_acr():
    """The class that was reached (§2)."""
    made = views.OpBase.get_id_token
    reached = Path(SETUP["folder"]) / "acr"
    views.OpBase.get_id_token = lambda *about: {**made(*about), "acr": reached.read_text(encoding="utf-8")}


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


fill()
for name in SETUP["mended"]:
    {"userinfo": mend_userinfo, "acr": mend_acr}[name]()
server = make_server("127.0.0.1", SETUP["port"], get_wsgi_application(), handler_class=Quiet)
print("ready", flush=True)
server.serve_forever()
