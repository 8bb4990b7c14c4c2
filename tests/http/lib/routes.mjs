// SPDX-License-Identifier: MIT
// The route table itself, as the build prints it, for tests that make a case of
// every row, and what a good request of each row looks like.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { assertOk, bearer } from './checks.mjs';
import { buildRoot } from './stack.mjs';
import { totp } from './totp.mjs';

const program = join(buildRoot, 'tests/guard/print_routes');
if (!existsSync(program)) execFileSync('make', ['-s', '-C', buildRoot, 'tests/guard/print_routes'], { stdio: 'pipe' });

/** Every row of the service's own: method, path, need, csrf, body, fields, name.
 *  The core and frontend interfaces have tests of their own. */
export const routes = JSON.parse(execFileSync(program, ['--json'], { encoding: 'utf8' })).filter((row) => row.face === 'own');

/** "POST /api/auth/login", for the names of tests. */
export const title = (route) => `${route.method} ${route.path}`;

/** Rows that change something or are told to be guarded as if. */
export const unsafe = routes.filter((route) => !['GET', 'HEAD', 'OPTIONS'].includes(route.method) || route.csrf !== 'none');

/** Methods a path takes, by every pattern that fits, with HEAD and OPTIONS. */
export function allowedAt(path) {
  const fits = (pattern) => new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  const methods = routes.filter((r) => fits(r.path)).map((r) => r.method);
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
    .filter((m) => methods.includes(m) || m === 'OPTIONS' || (m === 'HEAD' && methods.includes('GET')));
}

/** The different paths of the table. */
export const paths = [...new Set(routes.map((route) => route.path))];

let count = 0;
const values = {
  email: () => `route-${process.pid}-${count += 1}@example.org`, password: () => 'a long enough phrase', name: () => 'Ann', label: () => 'Desk',
  token: () => 'no-token', token_type_hint: () => 'access_token', method: () => 'totp', newPassword: () => 'another long enough phrase',
  newEmail: () => `new-${process.pid}-${count += 1}@example.org`, locale: () => 'en',
};
const kinds = { string: () => 'x'.repeat(8), integer: () => 1, boolean: () => true, object: () => ({}), any: () => 'x' };

/** A body this row takes: an object, or undefined where there is none. */
export function bodyOf(route) {
  if (route.body === 'none') return undefined;
  if (route.body === 'any JSON object') return { kept: count += 1 };
  return Object.fromEntries(route.fields.map(({ name, type, min }) => [name, (values[name] ?? (type === 'integer' ? () => min : kinds[type]))()]));
}

/** With this no row of the table is switched off. */
export const whole = {
  oauth2: { enabled: 'yes', redirect_uris: 'https://app.example.test/' },
  'provider acme': {
    kind: 'oauth2', client_id: 'client', client_auth: 'none', authorization_uri: 'https://acme.example.test/authorize',
    token_uri: 'https://acme.example.test/token', user_info_uri: 'https://acme.example.test/me', subject_claim: 'id',
  },
};

/** That, and what keeps the background job and the activity stamp out of checksums. */
export const still = { ...whole, janitor: { interval: 3600 }, sessions: { activity_interval: 3600 }, step_up: { lifetime: 3600 }, two_factor: { lifetime: 3600 } };

/* Rows whose good request is told by bodyOf alone; what the others answer
 * depends on codes and ids, and is their own tests' business. */
const simple = new Set(['auth.status', 'auth.register', 'auth.login', 'auth.refresh', 'auth.logout', 'session.list', 'session.revoke_others', 'session.revoke',
  'session.label', 'session.revoke_all', 'session.data_get', 'session.data_put', 'backend.introspect', 'backend.revoke', 'meta.jwks', 'meta.healthz', 'meta.readyz']);

/** Was this answered by the row's own handler, and well where that is known? */
export function assertHandled(route, res, why = '') {
  const told = `${title(route)} ${why}: ${res.status} ${res.text.slice(0, 300)}`;
  if (simple.has(route.name)) assert.equal(res.status, route.name === 'auth.login' ? 401 : 200, told);
  assert.ok(res.status !== 415 && res.status !== 405 && (res.status < 500 || res.json?.code === 'EMAIL_DISABLED'), told);
  assert.ok(!['CROSS_SITE_REQUEST', 'STEP_UP_REQUIRED', 'ROLE_REQUIRED', 'AUTHENTICATION_REQUIRED', 'MALFORMED_JSON', 'TWO_FACTOR_AUTHENTICATION_TOKEN_MISSING',
    'STEP_UP_TOKEN_INVALID', 'ACCESS_TOKEN_EXPIRED', 'ACCESS_TOKEN_INVALID', 'SESSION_INVALID'].includes(res.json?.code), told);
}

/** The path with a session's id in it. */
export const pathOf = (route, id) => (typeof route === 'string' ? route : route.path).replace(/\{\w+\}/g, id);

/** Header fields with the credentials this row needs, none of them a cookie. */
export function credentialOf(route, { accessToken, refreshToken, key, stepUp, twoFactor }) {
  if (route.need === 'API key') return bearer(key);
  if (route.need === 'refresh') return bearer(refreshToken);
  const proofs = { ...(stepUp && { 'X-Step-Up-Token': stepUp }), ...(twoFactor && { 'X-Two-Factor-Authentication-Token': twoFactor }) };
  return route.need === 'none' ? {} : { ...proofs, ...(route.need === 'two-factor' ? {} : bearer(accessToken)) };
}

/** Does this row need more than an access token? */
export const guarded = (route) => route.admin || route.stepUp || /two-factor/.test(route.need);

/** Somebody's sign-in that waits for its code. */
async function waiting(web) {
  const { browser, email, password, accessToken, subject } = await web.signIn();
  const stepUp = assertOk(await browser.post('/api/auth/step-up', { password })).stepUpToken;
  const headers = { ...bearer(accessToken), 'X-Step-Up-Token': stepUp };
  const setup = assertOk(await web.request('GET', '/api/auth/2fa/totp/setup', { headers }));
  assertOk(await web.request('POST', '/api/auth/2fa/totp/setup', { headers, json: { token: setup.token, code: totp(setup.secret) } }));
  const twoFactor = assertOk(await web.request('POST', '/api/auth/login', { json: { email, password } })).twoFactorAuthenticationToken;
  return { twoFactor, waiting: subject };
}

/** Somebody signed in here and on another device, with every credential there
 *  is: rights of an administrator, a fresh proof, a two-factor token. */
export async function everything(web, stack) {
  const { email, password } = await web.signIn();
  stack.ctl('role', 'grant', email, 'ADMIN');
  const here = await web.signIn({ email, password, register: false });
  const there = await web.signIn({ email, password, register: false });
  const stepUp = assertOk(await here.browser.post('/api/auth/step-up', { password })).stepUpToken;
  const second = await waiting(web);
  here.browser.jar.set('two_factor_authentication_token', { name: 'two_factor_authentication_token', value: second.twoFactor, attributes: { path: '/' } });
  return { ...here, other: there.sessionId, stepUp, ...second };
}
