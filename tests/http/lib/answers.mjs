// SPDX-License-Identifier: MIT
// What holds for every answer of the service, good or bad.
import assert from 'node:assert/strict';

/** Fields that say who answers, and in which version (ASVS 13.4.6). */
const tells = /gatehouse\/|mariadb|mysql|openssl|libfcgi|\b\d+\.\d+\.\d+\b|\/(usr|home|tmp|run|etc)\/|\.c:\d+|SELECT |INSERT /i;

/** ASVS 3.2.1, 3.4.3 to 3.4.6, 3.5.8, 14.3.2: never a document, never kept. */
export function assertHardened(res) {
  const { headers } = res;
  assert.equal(headers['x-content-type-options'], 'nosniff');
  /* Pages may run and style themselves by what their hashes name, no more. */
  const policy = headers['content-security-policy'];
  if (/^text\/html/.test(headers['content-type'] ?? '')) assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; [^*]*frame-ancestors 'none'$/);
  else assert.equal(policy, "default-src 'none'; frame-ancestors 'none'");
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.equal(headers['x-frame-options'], 'DENY');
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  assert.match(headers.vary ?? '', /\bOrigin\b/);
  assert.ok(!('x-powered-by' in headers));
  for (const [name, value] of Object.entries(headers)) {
    if (!['server', 'date', 'set-cookie', 'etag'].includes(name)) assert.ok(!tells.test(value), `${name}: ${value}`);
  }
  if (res.status >= 400) assert.equal(headers['cache-control'], 'no-store');
}

/** RFC 9457 section 3, with the members of ours; nothing else in it. */
export function assertProblemShape(res) {
  assert.match(res.headers['content-type'], /^application\/problem\+json(; charset=utf-8)?$/, res.text);
  const { json } = res;
  assert.deepEqual(Object.keys(json).filter((k) => k !== 'errors').sort(), ['code', 'detail', 'error', 'instance', 'status', 'title', 'type']);
  assert.equal(json.status, res.status);
  assert.match(json.code, /^[A-Z0-9][A-Z0-9_]+$/);
  assert.equal(json.type, `urn:gatehouse:problem:${json.code.toLowerCase().replaceAll('_', '-')}`);
  assert.equal(json.error, json.title);
  assert.match(json.instance, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal('errors' in json, json.code === 'VALIDATION_FAILED');
  for (const e of json.errors ?? []) assert.deepEqual(Object.keys(e).sort(), ['code', 'detail', 'field']);
  assert.ok(!tells.test(JSON.stringify({ ...json, instance: '' })), res.text);
  assertHardened(res);
}

/** A refusal of ours, of this status and code, complete in every respect. */
export function assertRefusal(res, status, code) {
  assert.equal(res.status, status, res.text);
  assertProblemShape(res);
  if (code !== undefined) assert.equal(res.json.code, code);
}

/** A checksum of everything a request could change but the janitor's lease. */
export function stateOf(stack) {
  return stack.sql(`CHECKSUM TABLE realm, account, account_role, session, session_data, token_revocation,
    signing_key, api_key, throttle, event, challenge, totp, recovery_code, trusted_device, account_country, user_group, user_group_text,
    account_group, outbox, resealing, identity, session_provider EXTENDED`).map((row) => row.join(' ')).join('\n');
}
