// An OpenID provider (npm oidc-provider) behind the demo: node provider.mjs NODE_MODULES PORT FRONT [PARENT]
//
// FRONT is where `ponte demo` answers. Whoever comes here says who they are and how strongly they showed it: it is a demonstration. It
// ends with the process that began it, whose number is PARENT: said, since that one may have ended before this one looks.
import dns from 'node:dns';
import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, port, front, begun] = process.argv.slice(2);
const parent = begun === undefined ? process.ppid : Number(begun);
const endWithParent = () => process.ppid === parent || process.exit(0);
endWithParent();
setInterval(endWithParent, 1000).unref();
const { default: Provider } = await import(pathToFileURL(join(resolve(modules), 'oidc-provider/lib/index.js')).href);

// Names below localhost are this machine (RFC 6761 §6.3), as browsers have it.
const { lookup } = dns;
dns.lookup = (name, options, done) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, options, done);

const eid = 'https://attributes.eid.gov.it/';
const person = (given_name, family_name, birthdate, gender, code) => ({
  given_name,
  family_name,
  birthdate,
  gender,
  email: `${given_name.toLowerCase()}@example.org`,
  [`${eid}fiscal_number`]: `TINIT-${code}`,
});
const people = {
  ada: person('Ada', 'Rossi', '1980-01-01', 'female', 'RSSDAA80A41H501I'),
  ugo: person('Ugo', 'Verdi', '1975-05-05', 'male', 'VRDGUO75E05H501E'),
};
const levels = ['1', '2', '3'].map((number) => `https://www.spid.gov.it/SpidL${number}`);

const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: 'ponte',
    redirect_uris: [`${front}/oidc/callback/openid`],
    post_logout_redirect_uris: [`${front}/oidc/logout/openid`],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS256',
    scope: 'openid profile email eid',
    jwks_uri: `${front}/oidc/jwks/openid`,
  }],
  jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kid: 'demo', use: 'sig' }] },
  acrValues: levels,
  claims: {
    openid: ['sub', 'acr', 'amr'],
    profile: ['given_name', 'family_name', 'birthdate', 'gender'],
    email: ['email'],
    eid: [`${eid}fiscal_number`],
  },
  scopes: ['openid', 'profile', 'email', 'eid'],
  clientAuthMethods: ['private_key_jwt'],
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (context, form) => {
        context.body = page('Sign out?', `${form}<button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
      },
      postLogoutSuccessSource: async (context) => { context.body = page('Signed out', ''); },
    },
  },
  // Without its guard against addresses of this machine: the demo is one.
  fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (_, id) => people[id] && ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
  renderError: async (context, out) => { context.type = 'html'; context.body = page('Error', `<p>${escape(out.error)}: ${escape(out.error_description ?? '')}</p>`); },
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, Interaction: 600, Session: 3600, Grant: 3600 },
  cookies: { keys: [crypto.randomUUID()] },
});

function escape(text) {
  return String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:1.1rem sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}label{display:block;margin:.5rem 0}button{font:inherit;padding:.5rem 1rem}</style>
<main><h1>${title}</h1><p>The OpenID provider of the demo (npm oidc-provider): nothing here is real.</p>${body}</main></html>`;
}

function question(asked) {
  const person = (id, checked) =>
    `<label><input type="radio" name="person" value="${id}"${checked ? ' checked' : ''}> ${people[id].given_name} ${people[id].family_name}${id === 'ugo' ? ' (who has no account with ponte)' : ''}</label>`;
  const level = (uri) =>
    `<label><input type="radio" name="acr" value="${uri}"${uri === asked ? ' checked' : ''}> ${uri.split('/').pop()}</label>`;
  return page('Who are you?', `<form method="post"><fieldset><legend>Person</legend>${person('ada', true)}${person('ugo', false)}</fieldset>
<fieldset><legend>Shown at level</legend>${levels.map(level).join('')}</fieldset>
<p><button type="submit" name="answer" value="yes">Sign in</button> <button type="submit" name="answer" value="no">Cancel</button></p></form>`);
}

async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const asked = (params.acr_values ?? '').split(' ').find((uri) => levels.includes(uri)) ?? levels[0];
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(question(asked));
    return;
  }
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 4096) throw new Error('a longer form');
  }
  const form = new URLSearchParams(body);
  if (form.get('answer') !== 'yes' || !people[form.get('person')]) {
    await provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'the person said no' });
    return;
  }
  const accountId = form.get('person');
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope((params.scope ?? 'openid').toString());
  grant.addOIDCClaims([...Object.keys(people[accountId]), 'acr', 'amr', 'auth_time']);
  const acr = levels.includes(form.get('acr')) ? form.get('acr') : levels[0];
  await provider.interactionFinished(request, response, {
    login: { accountId, acr, amr: ['pwd'], ts: Math.floor(Date.now() / 1000) },
    consent: { grantId: await grant.save() },
  }, { mergeWithLastSubmission: false });
}

const handle = provider.callback();
const server = http.createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return handle(request, response);
  return interact(request, response).catch((error) => {
    response.writeHead(400, { 'content-type': 'text/html; charset=utf-8' }).end(page('Error', `<p>${escape(error.message)}</p>`));
  });
});
server.on('error', (error) => {
  console.error(`the OpenID provider of the demo: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => console.log(JSON.stringify({ ready: true })));
