// SPDX-License-Identifier: MIT
// Liveness and readiness, and a database that is away: nobody is logged out.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bothWebs, through } from './lib/stack.mjs';
import { until } from './lib/process.mjs';
import { assertOk, assertProblem, bearer, refresh, status } from './lib/checks.mjs';

through({ webs: bothWebs, ownDatabase: true }, (web, stack) => {
  it('healthz says that the process answers', async () => {
    const res = await web.request('GET', '/healthz');
    assert.deepEqual(assertOk(res), { status: 'ok' });
    assert.equal(res.headers['cache-control'], 'no-store');
  });

  it('readyz says that database, schema and keys are there', async () => {
    const json = assertOk(await web.request('GET', '/readyz'));
    assert.equal(json.status, 'ready');
    assert.deepEqual(Object.keys(json.checks).sort(), ['database', 'keys', 'schema']);
  });

  it('HEAD is answered like GET, without a body', async () => {
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json']) {
      const res = await web.request('HEAD', path);
      assert.equal(res.status, 200);
      assert.equal(res.text, '');
    }
  });

  it('readyz tells what is missing', async () => {
    const [[version]] = stack.sql('SELECT MAX(version) FROM schema_migration');
    stack.sql(`UPDATE schema_migration SET version = 9000 + version, compatible_from = 9000 + compatible_from WHERE version = ${version}`);
    await stack.restartPool();
    await stack.restartWeb('apache');
    const res = await web.request('GET', '/readyz');
    assertProblem(res, 503, 'SERVICE_UNAVAILABLE');
    assert.equal(res.json.detail, 'schema');
    assert.deepEqual(assertOk(await web.request('GET', '/healthz')), { status: 'ok' });
    stack.sql(`UPDATE schema_migration SET version = ${version}, compatible_from = compatible_from - 9000 WHERE version > 9000`);
    await until(async () => (await web.request('GET', '/readyz')).status === 200, 'readiness');
  });

  it('A-16.5.2 with the database away all else is 503 with Retry-After, nothing is cleared, and it comes back by itself', async () => {
    const { browser, accessToken, refreshToken, email, password } = await web.signIn();
    const there = await web.other.signIn();
    stack.databaseStop();
    try {
      for (const each of [web, web.other]) {
        assert.deepEqual(assertOk(await each.request('GET', '/healthz')), { status: 'ok' });
        assert.equal(assertOk(await each.request('GET', '/api/auth/status')).authenticated, false);
        const answers = [
          await each.request('GET', '/readyz'), await status(each, accessToken), await refresh(each, refreshToken),
          await each.request('POST', '/api/auth/login', { json: { email, password } }),
          await each.request('POST', '/api/auth/register', { json: { email, password } }),
          await each.request('POST', '/api/auth/introspect', { headers: bearer('ghk_x'), json: { token: accessToken } }),
          await each.request('GET', '/.well-known/jwks.json'),
        ].filter((res) => !(res.status === 401 && res.json.code === 'API_KEY_INVALID') && !(res.status === 200 && res.json.keys));
        for (const res of answers) {
          assertProblem(res, 503, 'SERVICE_UNAVAILABLE', 'Service unavailable');
          assert.deepEqual(res.cookies, []);
          assert.ok(!/sql|maria|socket/i.test(res.text), 'A-16.5.1 no internals outward');
        }
        assert.ok(answers.length >= 5);
      }
      for (const path of ['/api/auth/sessions', '/api/auth/status']) {
        const res = await browser.get(path);
        assertProblem(res, 503, 'SERVICE_UNAVAILABLE');
        assert.deepEqual(res.cookies, []);
      }
      for (const path of ['/api/auth/refresh', '/api/auth/logout']) {
        const res = await browser.post(path);
        assertProblem(res, 503, 'SERVICE_UNAVAILABLE');
        assert.deepEqual(res.cookies, []);
      }
    } finally {
      stack.databaseReturn();
    }
    for (const each of [web, web.other]) await until(async () => (await each.request('GET', '/readyz')).status === 200, 'readiness');
    assertOk(await browser.get('/api/auth/sessions'));
    assertOk(await browser.post('/api/auth/refresh'));
    assertOk(await there.browser.get('/api/auth/sessions'));
  });
});
