// An OpenID provider (npm oidc-provider) for the tests: node oidc_op.mjs SETUP.json
//
// SETUP: port, issuer, node_modules, control (a file), and client (metadata of the one client).
// The file `control` says what the next person does: {"acr": "...", "amr": [], "error": "access_denied", "age": SECONDS}; without acr
// the first of those asked for is granted. The server says {"ready": true, ...} on its output once it listens.
import { readFileSync } from 'node:fs';
import dns from 'node:dns';
import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { generateKeyPairSync } from 'node:crypto';

// Names below localhost are this machine (RFC 6761 §6.3), as browsers have it.
const { lookup } = dns;
dns.lookup = (name, options, done) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, options, done);

const setup = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const load = (name) => import(pathToFileURL(`${setup.node_modules}/${name}`).href);
const { default: Provider } = await load('oidc-provider/lib/index.js');

const key = (kid, kind) => ({
  ...generateKeyPairSync(kind === 'EC' ? 'ec' : 'rsa', kind === 'EC' ? { namedCurve: 'P-256' } : { modulusLength: 2048 })
    .privateKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
});

const person = {
  'https://attributes.eid.gov.it/fiscal_number': 'TINIT-LVLDAA85T50G702B',
  'https://attributes.eid.gov.it/spid_code': 'TEST1234567890',
  given_name: 'Ada',
  family_name: 'Lovelace',
  birthdate: '1985-12-10',
  gender: 'female',
  email: 'ada@example.org',
  email_verified: true,
  address: { street_address: 'Via Roma 1', locality: 'Roma', postal_code: '00100', country_code: 'IT' },
};

const spid = ['1', '2', '3'].map((n) => `https://www.spid.gov.it/SpidL${n}`);

const provider = new Provider(setup.issuer, {
  clients: [setup.client],
  jwks: { keys: [key('rsa-1', 'RSA'), key('ec-1', 'EC')] },
  acrValues: spid,
  claims: {
    openid: ['sub', 'acr', 'amr'],
    profile: ['given_name', 'family_name', 'birthdate', 'gender'],
    email: ['email', 'email_verified'],
    address: ['address'],
    eid: ['https://attributes.eid.gov.it/fiscal_number', 'https://attributes.eid.gov.it/spid_code'],
  },
  scopes: ['openid', 'offline_access', 'profile', 'email', 'address', 'eid'],
  clientAuthMethods: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  enabledJWA: {
    idTokenEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'],
    userinfoEncryptionAlgValues: ['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES'],
    idTokenEncryptionEncValues: ['A128CBC-HS256', 'A256CBC-HS512', 'A256GCM'],
    userinfoEncryptionEncValues: ['A128CBC-HS256', 'A256CBC-HS512', 'A256GCM'],
  },
  features: {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: setup.push_only ?? false },
    requestObjects: { enabled: true, requireSignedRequestObject: setup.object_only ?? false },
    claimsParameter: { enabled: true },
    encryption: { enabled: true },
    jwtUserinfo: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      // The person's yes, given at once.
      logoutSource: async (ctx, form) => {
        ctx.body = `<!doctype html><body>${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">yes</button></body>`;
      },
      postLogoutSuccessSource: async (ctx) => { ctx.body = '<!doctype html><p id="over">over</p>'; },
    },
  },
  // Without its guard against addresses of this machine: ours is one.
  fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...person }) }),
  renderError: async (ctx, out) => { ctx.type = 'json'; ctx.body = JSON.stringify(out); },
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 3600, Grant: 3600 },
  cookies: { keys: ['of the tests'] },
});
provider.on('server_error', (_, error) => console.error(error));
provider.on('backchannel.error', (_, error) => console.error(error));
for (const event of ['authorization.error', 'grant.error', 'pushed_authorization_request.error', 'userinfo.error']) {
  provider.on(event, (_, error) => console.error(event, error.message, error.error_description));
}

// oidc-provider's back-channel POST goes to our address over the network as any provider's does.
async function interact(request, response) {
  const { params, session } = await provider.interactionDetails(request, response);
  let control = {};
  try { control = JSON.parse(readFileSync(setup.control, 'utf8')); } catch { /* nothing is said: the person just logs in */ }
  if (control.error) {
    return provider.interactionFinished(request, response, { error: control.error, error_description: 'said by the test' });
  }
  const accountId = session?.accountId ?? 'ada';
  const asked = (params.acr_values ?? '').split(' ').filter(Boolean);
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope((params.scope ?? 'openid').toString());
  grant.addOIDCClaims([...Object.keys(person), 'acr', 'amr', 'auth_time']);
  return provider.interactionFinished(request, response, {
    login: {
      accountId,
      acr: control.acr ?? asked[0] ?? spid[0],
      amr: control.amr ?? ['pwd'],
      ts: Math.floor(Date.now() / 1000) - (control.age ?? 0),
    },
    consent: { grantId: await grant.save() },
  });
}

const handle = provider.callback();
const server = http.createServer((request, response) => {
  if (request.url.startsWith('/interaction/')) {
    interact(request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end(String(error));
    });
  } else {
    handle(request, response);
  }
});
server.listen(setup.port, '127.0.0.1', () => console.log(JSON.stringify({ ready: true })));
process.stdin.on('end', () => process.exit(0)).resume();
