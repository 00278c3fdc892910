// A service provider on @node-saml/node-saml, both bindings; same verbs as peer.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";

const [setupFile, verb] = process.argv.slice(2);
const setup = JSON.parse(readFileSync(setupFile, "utf8"));
// The packages lie in target/, outside this file's folder.
const { SAML, ValidateInResponseTo } = createRequire(join(setup.node_modules, "x.js"))("@node-saml/node-saml");

const idp = () => readFileSync(setup.idp_metadata, "utf8");

function serviceProvider(outstanding) {
  const options = {
    issuer: setup.entity_id,
    callbackUrl: setup.acs,
    entryPoint: setup.sso,
    idpCert: verb === "metadata" ? "unused" : idp().match(/X509Certificate>\s*([^<]+?)\s*</)[1],
    idpIssuer: verb === "metadata" ? undefined : idp().match(/entityID="([^"]+)"/)[1],
    privateKey: readFileSync(setup.key, "utf8"),
    publicCert: readFileSync(setup.cert, "utf8"),
    decryptionPvk: readFileSync(setup.key, "utf8"),
    signatureAlgorithm: "sha256",
    digestAlgorithm: "sha256",
    identifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    authnContext: [setup.class],
    racComparison: "exact",
    authnRequestBinding: setup.binding === "post" ? "HTTP-POST" : "HTTP-Redirect",
    // SAML Bindings §3.5.4: a posted message is not compressed, whatever the library does by default.
    skipRequestCompression: setup.binding === "post",
    wantAuthnResponseSigned: true,
    wantAssertionsSigned: true,
    validateInResponseTo: ValidateInResponseTo.always,
    acceptedClockSkewMs: 0,
    audience: setup.entity_id,
    cacheProvider: {
      saveAsync: async (key, value) => ({ value, createdAt: Date.now() }),
      getAsync: async (key) => (key === outstanding ? new Date().toISOString() : null),
      removeAsync: async (key) => key,
    },
  };
  return new SAML(options);
}

const idOf = (xml) => xml.match(/AuthnRequest[^>]*? ID="([^"]+)"/)[1];

async function request() {
  const sp = serviceProvider(null);
  if (setup.binding === "post") {
    const fields = await sp.getAuthorizeMessageAsync("where-i-was", undefined, {});
    const id = idOf(Buffer.from(fields.SAMLRequest, "base64").toString("utf8"));
    return { method: "POST", url: setup.sso, fields, id };
  }
  const url = await sp.getAuthorizeUrlAsync("where-i-was", undefined, {});
  const sent = new URL(url).searchParams.get("SAMLRequest");
  const id = idOf(inflateRawSync(Buffer.from(sent, "base64")).toString("utf8"));
  return { method: "GET", url, fields: {}, id };
}

async function check(answer) {
  const sp = serviceProvider(answer.id);
  try {
    const { profile } = await sp.validatePostResponseAsync({ SAMLResponse: answer.SAMLResponse });
    const statement = profile.getAssertion().Assertion.AuthnStatement[0];
    return {
      accepted: true,
      name_id: profile.nameID,
      attributes: profile.attributes,
      class: statement.AuthnContext[0].AuthnContextClassRef[0]._ ?? statement.AuthnContext[0].AuthnContextClassRef[0],
      relay_state: answer.RelayState,
    };
  } catch (error) {
    return { accepted: false, why: String(error.message ?? error) };
  }
}

if (verb === "metadata") {
  console.log(serviceProvider(null).generateServiceProviderMetadata(...Array(2).fill(readFileSync(setup.cert, "utf8"))));
} else if (verb === "request") {
  console.log(JSON.stringify(await request()));
} else if (verb === "check") {
  const verdicts = [];
  for (const answer of JSON.parse(readFileSync(0, "utf8"))) verdicts.push(await check(answer));
  console.log(JSON.stringify(verdicts));
} else {
  throw new Error(`${verb}: not a verb`);
}
