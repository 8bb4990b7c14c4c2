// SPDX-License-Identifier: MIT
// An authenticator app, and the ways through second factors that tests share.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { assertOk, bearer } from './checks.mjs';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Bytes of a base32 text. */
export function unbase32(text) {
  const bits = [...text].map((ch) => alphabet.indexOf(ch).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

/** The code an app shows `ahead` steps from now (RFC 6238). */
export function totp(secret, ahead = 0, now = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30000) + ahead));
  const mac = createHmac('sha1', unbase32(secret)).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
}

/** Another code of as many digits. */
export function wrong(code) {
  return String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
}

/** Calls with a session's tokens by header. */
export function as(web, session, extra = {}) {
  return (method, path, json, headers = {}) => web.request(method, path, {
    json, headers: { ...bearer(session.accessToken), ...(session.stepUp ? { 'X-Step-Up-Token': session.stepUp } : {}), ...extra, ...headers },
  });
}

/** Proves a session afresh by password; its token goes into the session. */
export async function stepUp(web, session, password = session.password) {
  const up = assertOk(await as(web, session)('POST', '/api/auth/step-up', { password }));
  session.stepUp = up.stepUpToken;
  return up;
}

/** Switches TOTP on for who is signed in; { secret, recoveryCodes }. The code of
 *  this step is used up by it. All sessions end. */
export async function enrol(web, session) {
  await stepUp(web, session);
  const setup = assertOk(await as(web, session)('GET', '/api/auth/2fa/totp/setup'));
  assertOk(await as(web, session)('POST', '/api/auth/2fa/totp/setup', { token: setup.token, code: totp(setup.secret) }));
  return setup;
}

/** The first half of a sign-in: what it answers, and its browser. */
export async function half(web, { email, password }, options) {
  const browser = web.browser(options);
  const res = await browser.post('/api/auth/login', { email, password });
  assert.equal(res.json?.twoFactorRequired, true, res.text);
  return { browser, res, token: res.json.twoFactorAuthenticationToken };
}

/** The second half, by header. */
export function pass(web, token, json, path = '/api/auth/2fa/login') {
  return web.request('POST', path, { json, headers: { 'X-Two-Factor-Authentication-Token': token } });
}

/** Somebody with TOTP on: { email, password, secret, recoveryCodes }. */
export async function person(web) {
  const session = await web.signIn();
  const { secret, recoveryCodes } = await enrol(web, session);
  return { email: session.email, password: session.password, subject: session.subject, secret, recoveryCodes };
}

/** Signs somebody with TOTP in; `ahead` is the step whose code is sent. */
export async function signInTotp(web, who, ahead = 1, json = {}) {
  const first = await half(web, who);
  const done = assertOk(await pass(web, first.token, { totp: totp(who.secret, ahead), ...json }));
  return { ...who, ...done, browser: first.browser };
}

/** Forgets which step was used last, as if half a minute had passed. */
export function nextStep(stack, who) {
  stack.sql(`UPDATE totp SET last_step = 0 WHERE account_id = UNHEX('${who.subject.replaceAll('-', '')}')`);
}

/** Forgets all tries of this house. */
export function forgive(stack) {
  stack.sql('DELETE FROM throttle');
}
