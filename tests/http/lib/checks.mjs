// SPDX-License-Identifier: MIT
// What many tests assert or look up in the same words.
import assert from 'node:assert/strict';
import { until } from './process.mjs';

export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const chrome = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

/** A problem (RFC 9457) with just this status, code and title. */
export function assertProblem(res, status, code, error) {
  assert.equal(res.status, status, res.text);
  assert.match(res.headers['content-type'], /^application\/problem\+json/);
  assert.equal(res.json.status, status);
  assert.equal(res.json.code, code);
  if (error !== undefined) assert.equal(res.json.title, error);
  assert.equal(res.json.error, res.json.title);
  assert.equal(typeof res.json.type, 'string');
  assert.equal(typeof res.json.detail, 'string');
  assert.match(res.json.instance, /^urn:uuid:[0-9a-f-]{36}$/);
  if (status === 401) assert.match(res.headers['www-authenticate'], /^Bearer/);
  if (status === 429 || status === 503) assert.match(res.headers['retry-after'], /^[1-9]\d*$/);
}

/** A validation problem whose only entry is about this field. */
export function assertInvalid(res, field, code) {
  assertProblem(res, 400, 'VALIDATION_FAILED');
  assert.deepEqual(res.json.errors.map((e) => [e.field, e.code]), [[field, code]]);
}

export function assertOk(res) {
  assert.equal(res.status, 200, res.text);
  return res.json;
}

/** What a problem says but for the request's own name. */
export function withoutInstance(res) {
  return { status: res.status, challenge: res.headers['www-authenticate'], body: { ...res.json, instance: undefined } };
}

/** The payload of a JWT, unverified. */
export function claimsOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
}

/** The header of a JWT. */
export function headerOf(token) {
  return JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
}

export function bearer(token) {
  return { Authorization: `Bearer ${token}` };
}

/** Options of a request that carries one cookie from a page of the site. */
export function cookieHeaders(cookies) {
  return {
    Cookie: Object.entries(cookies).map(([name, value]) => `${name}=${value}`).join('; '),
    Origin: 'https://id.example.test',
  };
}

/** Asks who a token stands for, by header. */
export function status(web, accessToken) {
  return web.request('GET', '/api/auth/status', { headers: bearer(accessToken) });
}

/** New tokens for a refresh token, by header. */
export function refresh(web, refreshToken, method = 'POST') {
  return web.request(method, '/api/auth/refresh', { headers: bearer(refreshToken) });
}

/** `n` calls at once; their results in order. */
export function together(n, call) {
  return Promise.all(Array.from({ length: n }, (_, i) => call(i)));
}

/** The number of the answers with each status: { 200: 3, 401: 1 }. */
export function tally(answers) {
  const counts = {};
  for (const res of answers) counts[res.status] = (counts[res.status] ?? 0) + 1;
  return counts;
}

/** SQL for a BINARY(16) id. */
export function bin(id) {
  return `UNHEX('${id.replaceAll('-', '')}')`;
}

/** Moves times of a session's row by seconds: { active_us: -60 }. */
export function move(stack, sessionId, columns) {
  const set = Object.entries(columns).map(([name, seconds]) => `${name} = ${name} + ${Math.round(seconds * 1e6)}`);
  stack.sql(`UPDATE session SET ${set.join(', ')} WHERE id = ${bin(sessionId)}`);
}

/** Puts the last change of generation out of the refresh overlap. */
export function pastOverlap(stack, sessionId, seconds = 60) {
  move(stack, sessionId, { cur_issued_us: -seconds });
}

/** The cells of one row of a session. */
export function sessionRow(stack, sessionId, columns) {
  return stack.sql(`SELECT ${columns} FROM session WHERE id = ${bin(sessionId)}`)[0];
}

/** The events of a kind in the audit table, of one subject or session if
 *  named; oldest first. */
export function auditOf(stack, kind, { subject, session } = {}) {
  const where = [`kind = '${kind}'`];
  if (subject) where.push(`subject = '${subject}'`);
  if (session) where.push(`session_id = ${bin(session)}`);
  return stack.sql(`SELECT LOWER(HEX(session_id)), subject, LOWER(HEX(ip)), request_id, user_agent, detail, at_us FROM event WHERE ${where.join(' AND ')} ORDER BY id`)
    .map(([id, sub, ip, request, agent, detail, at]) => ({ session: id, subject: sub, ip, request, agent, detail, at: Number(at) }));
}

/** How many messages of that kind an account was sent, once all have been delivered: a row of the outbox outlives
 *  its message for a moment. */
export async function mailsTo(stack, { email, subject }, kind) {
  const waiting = () => stack.sql(`SELECT COUNT(*) FROM outbox WHERE kind = '${kind}' AND account_id = ${bin(subject)}`)[0][0];
  await until(() => waiting() === '0', 'the outbox to empty');
  return stack.sink.messages.filter((m) => m.to === email && m.kind === kind).length;
}
