// SPDX-License-Identifier: MIT
// The way to a provider and back, as a browser goes it: what is Strict stays
// behind where one site sends to another.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, exportPKCS8, generateKeyPair } from 'jose';
import { Browser } from './client.mjs';
import { assertOk, bearer } from './checks.mjs';
import { stepUp } from './factors.mjs';
import { startHostile } from './hostile.mjs';
import { folder, own, remove } from './process.mjs';
import { startProvider } from './provider.mjs';

export const site = 'https://id.example.test';
/** Where browsers are sent in the end: it worked, it did not, a second factor. */
export const [done, failed, second] = ['done', 'failed', 'second'].map((page) => `${site}/app/${page}`);
const secret = 'the secret of a client';

/** Files with secrets, gone with the process. */
let secrets;
function secretFile(name, text) {
  if (!secrets) {
    secrets = folder('gh-oauth2-');
    process.on('exit', () => remove(secrets));
  }
  const path = join(secrets, name);
  writeFileSync(path, text, { mode: 0o600 });
  own(path);
  return path;
}

/** A certificate of localhost that nobody vouches for: { key, cert,
 *  certificateFile }. */
export function certificate() {
  const keyFile = secretFile('tls.key', '');
  const certificateFile = secretFile('tls.pem', '');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', keyFile, '-out', certificateFile], { stdio: 'ignore' });
  return { key: readFileSync(keyFile), cert: readFileSync(certificateFile), certificateFile };
}

/** Our address at a provider. */
export function callbackOf(name) {
  return `${site}/api/auth/oauth2/callback/${name}`;
}

/** The sections of a house that signs in with these providers: { name: keys }. */
export function oauth2Config(providers, keys = {}) {
  const file = secretFile('secret', `${secret}\n`);
  const sections = Object.entries(providers).map(([name, section]) => [`provider ${name}`, {
    client_id: 'gatehouse', ...(section.client_key_file ? {} : { client_secret_file: file }), ...section,
  }]);
  return {
    oauth2: { enabled: 'yes', redirect_uris: `${done} ${site}/app/other`, error_uri: failed, two_factor_uri: second, ...keys },
    ...Object.fromEntries(sections),
  };
}

/** The certified provider as three: by Basic, by POST and by a key of ours, with
 *  different algorithms. { op, sections, port(n): where its messages go }. */
export async function startCertified(people = {}) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...await exportJWK(publicKey), kid: 'ours', alg: 'ES256', use: 'sig' };
  const kinds = {
    op: [{ token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'RS256' }, { sufficient_acr: 'phr', sufficient_amr: 'hwk', keep_tokens: 'yes' }],
    'op-post': [{ token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256' }, { client_auth: 'client_secret_post', id_token_alg: 'ES256' }],
    'op-key': [{ token_endpoint_auth_method: 'private_key_jwt', id_token_signed_response_alg: 'PS256', jwks: { keys: [jwk] }, token_endpoint_auth_signing_alg: 'ES256' },
      { client_auth: 'private_key_jwt', id_token_alg: 'PS256', client_key_file: secretFile('key.pem', await exportPKCS8(privateKey)), client_key_id: 'ours' }],
  };
  const clients = Object.entries(kinds).map(([name, [client]]) => ({
    client_id: name, client_secret: client.jwks ? undefined : secret, redirect_uris: [callbackOf(name)],
    backchannel_logout_uri: `${site}/api/auth/oauth2/backchannel-logout/${name}`, backchannel_logout_session_required: true, ...client,
  }));
  let port;
  const op = await startProvider(clients, { people, deliver: (url) => url.replace(site, `http://127.0.0.1:${port}`) });
  const sections = Object.fromEntries(Object.entries(kinds).map(([name, [, section]]) => [name, { issuer: op.issuer, client_id: name, ...section }]));
  return { op, sections, deliverTo: (web) => { port = web.port; } };
}

/** The provider that does what it likes, and the keys of a section for one of
 *  its issuers. */
export async function startEvil(options) {
  const evil = await startHostile({ clientId: 'gatehouse', clientSecret: secret, ...options });
  return { evil, section: (name, keys = {}) => ({ issuer: evil.issuer(name), ...keys }) };
}

/** A person with a browser (ours) and what the provider knows of it. */
export function somebody(web, options) {
  return { browser: web.browser(options), jar: new Map() };
}

/** A link to the way out is followed, on a page of our own site. */
export function depart({ browser }, name, { query = {}, headers = {}, path = '/api/auth/oauth2/authorization' } = {}) {
  const asked = new URLSearchParams({ redirect_uri: done, ...query });
  return browser.get(`${path}/${name}?${asked}`, { headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', ...headers } });
}

/** The browser comes back from another site. */
export async function arrive({ browser }, url, headers = {}) {
  const lax = new Browser(browser.port, { userAgent: browser.userAgent });
  lax.jar = new Map([...browser.jar].filter(([, cookie]) => cookie.attributes.samesite !== 'Strict'));
  const { pathname, search } = new URL(url);
  const res = await lax.get(pathname + search, { headers: { Accept: 'text/html', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', ...headers } });
  for (const cookie of res.cookies) {
    if (cookie.attributes['max-age'] === '0') browser.jar.delete(cookie.name);
    else browser.jar.set(cookie.name, cookie);
  }
  return res;
}

/** The address a way out leads to. */
export function locationOf(res) {
  assert.equal(res.status, 302, res.text);
  return new URL(res.headers.location);
}

/** All of it, at the certified provider: `answer` is what is said there. What
 *  our callback answered. */
export async function walk(who, op, name, answer, options = {}) {
  const location = locationOf(await depart(who, name, options));
  const { url, asked } = await op.signIn(who.jar, location.href, answer);
  who.asked = asked;
  return arrive(who, url, options.back);
}

/** All of it, at the provider that does what it likes. */
export async function walkEvil(who, evil, name, way, options = {}) {
  const location = locationOf(await depart(who, name, options));
  return arrive(who, evil.grant(location.href, way), options.back);
}

const tokenLike = /eyJ[\w-]+\.[\w-]+\.|[\w-]{43,}/;

/** Sent on to a page, with nothing secret on the way. */
export function assertSent(res, to = done) {
  assert.equal(res.status, 302, res.text);
  assert.equal(res.headers.location, to);
  assert.equal(res.text, '');
  for (const [name, value] of Object.entries(res.headers)) {
    if (!['set-cookie', 'content-security-policy'].includes(name)) assert.doesNotMatch(String(value), tokenLike, name);
  }
  assert.equal(res.headers['cache-control'], 'no-store');
}

/** Sent to the page for failures, with this code and word and no new cookie. */
export function assertSentBack(res, code, details) {
  assert.equal(res.status, 302, res.text);
  const to = new URL(res.headers.location);
  assert.equal(to.origin + to.pathname, failed);
  assert.equal(to.searchParams.get('code'), code, res.headers.location);
  if (details !== undefined) assert.equal(to.searchParams.get('details'), details);
  for (const name of to.searchParams.keys()) assert.ok(['code', 'details'].includes(name), name);
  assert.match(to.searchParams.get('details') ?? 'none', /^[a-z_ (),-]{1,100}$/i);
  assert.deepEqual(res.cookies.filter((c) => c.value !== ''), []);
}

/** Who a browser is signed in as. */
export async function me({ browser }) {
  return assertOk(await browser.get('/api/users/me'));
}

/** How many accounts, identities and sessions a house has. */
export function counts(stack) {
  return stack.sql('SELECT (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM identity), (SELECT COUNT(*) FROM session)')[0].map(Number);
}

let people = 0;
/** A new person of a certified provider; their subject there. */
export function newPerson(op, { sub = `person-${process.pid}-${people += 1}`, ...claims } = {}) {
  op.people[sub] = { name: 'Ann', email: `${sub}@example.org`, email_verified: true, ...claims };
  return sub;
}

/** Somebody who signs in with a password here, with a fresh proof. */
export async function withPassword(web, options) {
  const session = await web.signIn(options);
  await stepUp(web, session);
  return { ...session, jar: new Map() };
}

/** The token that lets a session connect a provider, as its cookie in the
 *  browser of that session. */
export async function allowConnection(web, session, name) {
  const res = await session.browser.post('/api/users/me/providers/oauth2/token', { provider: name }, {
    headers: { ...bearer(session.accessToken), 'X-Step-Up-Token': session.stepUp },
  });
  return assertOk(res);
}
