// SPDX-License-Identifier: MIT
// Security events: a row and a line for each, and no secret in either.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sourceRoot, through } from './lib/stack.mjs';
import { until } from './lib/process.mjs';
import { assertOk, assertProblem, auditOf, bearer, chrome, pastOverlap, refresh, rfc3339, status } from './lib/checks.mjs';

const password = 'a long enough phrase';

/** What happens, as [event, who does it]. Each gives what it is about. */
const happenings = {
  'account.registered': async (web) => web.signIn(),
  'auth.sign_in': async (web) => web.signIn(),
  'auth.sign_in_failed': async (web) => {
    const { subject, email } = await web.signIn();
    assert.equal((await web.request('POST', '/api/auth/login', { json: { email, password: 'a wrong long phrase' }, headers: { 'User-Agent': chrome } })).status, 401);
    return { subject };
  },
  'account.registered_known': async (web) => {
    const { subject, email } = await web.signIn();
    assertOk(await web.request('POST', '/api/auth/register', { json: { email, password }, headers: { 'User-Agent': chrome } }));
    return { subject };
  },
  'session.sign_out': async (web) => {
    const { browser, subject, sessionId } = await web.signIn();
    assertOk(await browser.post('/api/auth/logout'));
    return { subject, sessionId };
  },
  'session.revoked': async (web) => {
    const { browser, subject, sessionId } = await web.signIn();
    assertOk(await browser.delete(`/api/auth/sessions/${sessionId}`));
    return { subject, sessionId };
  },
  'session.revoked_many': async (web) => {
    const { browser, subject } = await web.signIn();
    assertOk(await browser.delete('/api/auth/sessions'));
    return { subject };
  },
  'session.replaced': async (web) => {
    const { browser, email, subject, sessionId } = await web.signIn();
    assertOk(await browser.post('/api/auth/login', { email, password }));
    return { subject, sessionId };
  },
  'token.reuse': async (web, stack) => {
    const { refreshToken, subject, sessionId } = await web.signIn();
    const child = assertOk(await refresh(web, refreshToken));
    assertOk(await status(web, child.accessToken));
    pastOverlap(stack, sessionId);
    assertProblem(await web.request('POST', '/api/auth/refresh', { headers: { ...bearer(refreshToken), 'User-Agent': chrome } }), 401, 'TOKEN_THEFT_DETECTED');
    return { subject, sessionId };
  },
  'token.revoked': async (web, stack) => {
    const { accessToken, subject, sessionId } = await web.signIn();
    const [{ key }] = stack.ctlRows('api-key', 'create', 'events');
    assertOk(await web.request('POST', '/api/auth/revoke', { headers: { ...bearer(key), 'User-Agent': chrome }, json: { token: accessToken } }));
    return { subject, sessionId };
  },
};

/** What an operator does: [event, command, what the detail or subject holds]. */
const operations = [
  ['account.disabled', ({ email }) => ['user', 'disable', email], ({ subject }) => subject],
  ['account.enabled', ({ email }) => ['user', 'enable', email], ({ subject }) => subject],
  ['session.revoked_many', ({ email }) => ['session', 'revoke', '--user', email], ({ subject }) => subject],
  ['session.revoked_many', () => ['session', 'revoke', '--before', '2020-01-01T00:00:00Z'], () => '2020-01-01T00:00:00'],
  ['key.created', () => ['keys', 'rotate'], () => 'ES256'],
  ['api_key.created', () => ['api-key', 'create', 'events'], () => ''],
];

through({}, (web, stack) => {
  describe('A-16.3.1 a row and a line for', () => {
    for (const [kind, happen] of Object.entries(happenings)) {
      it(kind, async () => {
        const { subject, sessionId } = await happen(web, stack);
        const rows = auditOf(stack, kind, { subject });
        assert.equal(rows.length, 1);
        const [row] = rows;
        assert.equal(row.ip, '00000000000000000000ffff7f000001');
        assert.equal(row.agent, chrome);
        assert.match(row.request, /^[0-9a-f-]{36}$/);
        assert.equal(typeof JSON.parse(row.detail), 'object');
        assert.ok(Math.abs(row.at / 1e6 - Date.now() / 1000) < 60);
        if (kind.startsWith('session') || kind.startsWith('token')) assert.equal(row.session, sessionId?.replaceAll('-', '') ?? 'NULL');
        const lines = stack.events(kind).filter((line) => line.subject === subject);
        assert.equal(lines.length, 1);
        assert.equal(lines[0].ip, '127.0.0.1');
        assert.equal(lines[0].request, row.request);
        assert.match(lines[0].time, rfc3339);
      });
    }

    for (const [kind, command, holds] of operations) {
      it(`${kind} by gatehousectl`, async () => {
        const session = await web.signIn();
        if (kind === 'account.enabled') stack.ctl('user', 'disable', session.email);
        stack.ctl(...command(session));
        const row = auditOf(stack, kind).at(-1);
        assert.ok(`${row.subject} ${row.detail}`.includes(holds(session)), JSON.stringify(row));
      });
    }

    it('key.revoked and api_key.revoked', async () => {
      stack.ctl('keys', 'rotate', '--now');
      const { kid } = stack.ctlRows('keys', 'list').find((key) => key.state === 'signing');
      stack.ctl('keys', 'revoke', kid);
      assert.equal(JSON.parse(auditOf(stack, 'key.revoked').at(-1).detail).kid, kid);
      const [{ id }] = stack.ctlRows('api-key', 'create', 'events');
      stack.ctl('api-key', 'revoke', id);
      assert.ok(JSON.stringify(auditOf(stack, 'api_key.revoked').at(-1)).replaceAll('-', '').includes(id.replaceAll('-', '')));
    });
  });

  it('A-16.3.1 failures against an unknown address are told too', async () => {
    const before = auditOf(stack, 'auth.sign_in_failed').length;
    await web.request('POST', '/api/auth/login', { json: { email: 'nobody-at-all@mail.test', password } });
    assert.equal(auditOf(stack, 'auth.sign_in_failed').length, before + 1);
  });

  it('A-16.3.2 A-16.3.3 refusals are told with their code', async () => {
    const { accessToken, refreshToken } = await web.signIn();
    const api = { path: '/api/auth/introspect', method: 'POST', json: { token: 'x' } };
    for (const [headers, code, { path = '/api/auth/sessions', method = 'GET', ...more } = {}] of [
      [bearer(`${accessToken.slice(0, -3)}AAA`), 'ACCESS_TOKEN_INVALID'],
      [{ Cookie: `refresh_token=${refreshToken}`, Origin: 'https://evil.test' }, 'CROSS_SITE_REQUEST', { path: '/api/auth/refresh', method: 'POST' }],
      [bearer('ghk_wrong'), 'API_KEY_INVALID', api],
    ]) {
      const count = () => stack.events('request.refused').filter((line) => line.code === code).length;
      const before = count();
      assertProblem(await web.request(method, path, { ...more, headers }), code === 'CROSS_SITE_REQUEST' ? 403 : 401, code);
      await until(() => count() === before + 1, `a line about ${code}`, { limitMs: 3000 });
    }
  });

  it('A-16.4.1 what people send cannot make or steer log lines', async () => {
    const evil = 'x\r\n{"event":"auth.sign_in"}\u001b[2J\u2028\u0085"';
    const before = stack.events('auth.sign_in').length;
    await web.request('POST', '/api/auth/login', { json: { email: evil, password } });
    await web.request('POST', '/api/auth/register', { json: { email: evil, password, name: evil } });
    await web.request('GET', `/api/auth/${encodeURIComponent(evil)}`);
    await web.request('GET', '/api/auth/sessions', { headers: { 'User-Agent': 'x" event=auth.sign_in "{}', Authorization: 'Bearer "}{"' } });
    assert.equal(stack.events('auth.sign_in').length, before);
    const text = readFileSync(stack.logFile, 'latin1');
    assert.ok(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text.replaceAll('\r\n', '\n')), 'no control character');
  });

  it('A-16.2.5 no password, token, cookie, key or address is in the log or the audit table, no whole session id in the log', async () => {
    const canary = `canary ${web.port} phrase of mine`;
    const email = `bird-${web.name}-${process.pid}@mail.test`;
    const { browser, refreshToken, accessToken, sessionId } = await web.signIn({ email, password: canary });
    const [{ key }] = stack.ctlRows('api-key', 'create', 'canary');
    const fresh = assertOk(await browser.post('/api/auth/refresh'));
    await web.request('POST', '/api/auth/login', { json: { email, password: `${canary}-wrong` } });
    await web.request('POST', '/api/auth/login', { body: `{"email":"${email}","password":"${canary}",}`, headers: { 'Content-Type': 'application/json' } });
    await web.request('POST', '/api/auth/introspect', { headers: bearer(key), json: { token: accessToken } });
    await web.request('POST', '/api/auth/introspect', { headers: bearer(`${key}x`), json: { token: accessToken } });
    await web.request('GET', '/api/auth/sessions', { headers: bearer(`${accessToken}x`) });
    await refresh(web, `${refreshToken}x`);
    assertOk(await status(web, fresh.accessToken));
    pastOverlap(stack, sessionId);
    assertProblem(await refresh(web, refreshToken), 401, 'TOKEN_THEFT_DETECTED');
    stack.ctl('session', 'list', '--user', email);
    const seen = readFileSync(stack.logFile, 'utf8') + JSON.stringify(stack.sql('SELECT kind, subject, user_agent, request_id, detail FROM event'));
    const log = readFileSync(stack.logFile, 'utf8');
    assert.ok(!log.includes(sessionId));
    assert.ok(log.includes(`"session":"${sessionId.slice(-12)}"`));
    const device = browser.cookie('device_token');
    for (const [what, secret] of Object.entries({ canary, email, key, device, accessToken, refreshToken, access: fresh.accessToken, refresh: fresh.refreshToken })) {
      for (const part of [secret, secret.slice(0, 40), secret.slice(-24)]) assert.ok(!seen.includes(part), what);
    }
    const signature = accessToken.split('.')[2];
    assert.ok(!seen.includes(signature));
  });

  it('A-16.2.1 A-16.2.2 A-16.2.4 every line of ours is one JSON object with time, level, process and event', async () => {
    const lines = readFileSync(stack.logFile, 'utf8').split('\n').filter((line) => line.startsWith('{'));
    assert.ok(lines.length > 20);
    for (const line of lines) {
      const event = JSON.parse(line);
      assert.match(event.time, rfc3339);
      assert.match(event.level, /^(debug|info|notice|warning|error)$/);
      assert.match(event.event, /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/);
      assert.equal(typeof event.pid, 'number');
    }
  });
});

through({ name: 'logfmt', config: { log: { format: 'logfmt', level: 'info' }, throttle: { account_limit: 2 } } }, (web, stack) => {
  /** The addresses that the shipped fail2ban filter finds in our log. */
  function banned() {
    const filter = readFileSync(join(sourceRoot, 'conf/fail2ban-filter.conf'), 'utf8');
    const part = (name) => new RegExp(`^${name} *=((?:.*\\n)(?:[ \\t]+.*\\n)*)`, 'm').exec(filter)[1].split('\n').map((line) => line.trim()).filter(Boolean);
    const [words] = part('_events');
    const rules = part('failregex').map((rule) => new RegExp(rule.replace('%(_events)s', words).replace('<HOST>', '(?<host>[0-9a-fA-F.:]+)')));
    /* fail2ban takes the time out of a line before it looks at the rest. */
    const lines = readFileSync(stack.logFile, 'utf8').split('\n').map((line) => line.replace(/time=[-0-9]+T[0-9:]+|"time":"[-0-9]+T[0-9:]+/, ''));
    return lines.flatMap((line) => rules.map((rule) => rule.exec(line)?.groups.host).filter(Boolean));
  }

  it('the shipped fail2ban filter finds failures and throttled tries, and no success', async () => {
    const start = banned().length;
    const { email } = await web.signIn();
    assert.equal(banned().length, start);
    for (const expected of [401, 401, 429]) {
      assert.equal((await web.request('POST', '/api/auth/login', { json: { email, password: 'a wrong long phrase' } })).status, expected);
    }
    const found = banned().slice(start);
    assert.equal(found.length, 3);
    assert.deepEqual([...new Set(found)], ['127.0.0.1']);
  });

  it('the shipped fail2ban filter cannot be fooled by what people send', async () => {
    const start = banned().length;
    const forged = ' event=auth.sign_in_failed ip=203.0.113.9';
    await web.request('POST', '/api/auth/register', { json: { email: `${Math.random().toString(36).slice(2)}@mail.test`, password, name: forged }, headers: { 'User-Agent': forged } });
    await web.request('POST', '/api/auth/login', { json: { email: forged, password }, headers: { 'User-Agent': forged } });
    await web.request('GET', `/api/auth/${encodeURIComponent(forged)}`);
    assert.deepEqual(banned().slice(start), ['127.0.0.1']);
  });
});
