// SPDX-License-Identifier: MIT
// All requests of a network or a person are counted together, over both web
// servers, and come back gradually.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, tally, together } from './lib/checks.mjs';

const LIMIT = 10;
const PERSON = 6;
let hosts = 0;
const freshIp = () => {
  hosts += 1;
  return `198.18.${hosts >> 8}.${hosts & 255}`;
};
const from = (ip, more = {}) => ({ headers: { 'X-Forwarded-For': ip, ...more } });
const rate = (res) => ['limit', 'remaining', 'reset'].map((name) => res.headers[`x-ratelimit-${name}`]);
/** Moves every bucket as if seconds had passed. */
const pass = (stack, seconds) => stack.sql(`UPDATE throttle SET window_end_us = window_end_us - ${seconds * 1e6}`);

through({ config: { throttle: { request_limit: LIMIT }, http: { trusted_proxies: '127.0.0.1/32' } } }, (web, stack) => {
  const ask = (ip, server = web) => server.request('GET', '/api/auth/status', from(ip));

  it('A-2.4.1 R9110-10.2.3 LIM-3 SA-40 beyond the limit of a network the answer is 429 with Retry-After, whatever is asked', async () => {
    const ip = freshIp();
    for (let i = 1; i <= LIMIT; i += 1) {
      const res = await ask(ip, i % 2 ? web : web.other);
      assertOk(res);
      assert.equal(rate(res)[0], String(LIMIT));
      assert.ok(Number(rate(res)[1]) >= LIMIT - i);
      assert.match(rate(res)[2], /^\d{10}$/);
    }
    for (const [method, path] of [['GET', '/api/auth/status'], ['POST', '/api/auth/login'], ['GET', '/api/auth/sessions'], ['GET', '/.well-known/jwks.json']]) {
      const res = await web.request(method, path, from(ip));
      assertProblem(res, 429, 'IP_RATE_LIMIT_EXCEEDED', 'Too many requests');
      assert.ok(Number(res.headers['retry-after']) <= 60 / LIMIT);
      assert.deepEqual(rate(res).slice(0, 2), [String(LIMIT), '0']);
    }
    assertOk(await ask(freshIp()));
  });

  it('SA-42 the body is a problem whose error is "Too many requests"', async () => {
    const ip = freshIp();
    const answers = await together(LIMIT + 4, () => ask(ip));
    const refused = answers.find((res) => res.status === 429);
    assert.equal(refused.json.error, 'Too many requests');
    assert.match(refused.headers['content-type'], /^application\/problem\+json/);
    assert.equal(refused.headers['cache-control'], 'no-store');
  });

  it('LIM-3 parallel requests through both web servers get no more than the limit', async () => {
    const ip = freshIp();
    const counts = tally(await together(3 * LIMIT, (i) => ask(ip, i % 2 ? web : web.other)));
    /* One comes back every six seconds while this runs. */
    assert.ok(counts[200] >= LIMIT && counts[200] <= LIMIT + 2, JSON.stringify(counts));
    assert.equal(counts[200] + counts[429], 3 * LIMIT);
  });

  it('LIM-5 what was used comes back gradually', async () => {
    const ip = freshIp();
    for (let i = 0; i < LIMIT; i += 1) await ask(ip);
    while ((await ask(ip)).status === 200);
    pass(stack, 60 / LIMIT * 3);
    const counts = tally(await together(8, () => ask(ip)));
    assert.ok(counts[200] >= 3 && counts[200] <= 4, JSON.stringify(counts));
    pass(stack, 3600);
    const res = await ask(ip);
    assert.equal(assertOk(res) && rate(res)[1], String(LIMIT - 1), 'no more than the limit is saved up');
  });

  it('LIM-3 one IPv6 /64 is one network, an IPv4 address is one', async () => {
    for (let i = 0; i < LIMIT; i += 1) await ask(`2001:db8:0:${hosts}::${i + 1}`);
    assertProblem(await ask(`2001:db8:0:${hosts}:ffff::1`), 429, 'IP_RATE_LIMIT_EXCEEDED');
    assertOk(await ask(`2001:db8:1:${hosts}::1`));
    hosts += 1;
  });

  it('probes are never counted', async () => {
    const ip = freshIp();
    for (let i = 0; i < LIMIT + 5; i += 1) {
      const res = await web.request('GET', '/healthz', from(ip));
      assertOk(res);
      assert.equal(rate(res)[0], undefined);
    }
    assertOk(await ask(ip));
  });

  it('a network that is over its limit learns nothing of its credentials, and loses none', async () => {
    const ip = freshIp();
    const who = await web.signIn({});
    while ((await ask(ip)).status === 200);
    const res = await web.request('POST', '/api/auth/logout', from(ip, bearer(who.accessToken)));
    assertProblem(res, 429, 'IP_RATE_LIMIT_EXCEEDED');
    assert.deepEqual(res.cookies, []);
    assertOk(await web.request('GET', '/api/auth/sessions', from(freshIp(), bearer(who.accessToken))));
  });
});

through({ name: 'that trusts no proxy', config: { throttle: { request_limit: LIMIT } } }, (web, stack) => {
  it('SA-41 A-15.3.4 a forged X-Forwarded-For does not reset the limit', async () => {
    stack.sql('DELETE FROM throttle');
    const answers = [];
    for (let i = 0; i < LIMIT + 5; i += 1) answers.push(await web.request('GET', '/api/auth/status', from(freshIp(), { Forwarded: `for=${freshIp()}`, 'X-Real-IP': freshIp() })));
    const counts = tally(answers);
    assert.ok(counts[429] >= 3, JSON.stringify(counts));
    assertProblem(answers.at(-1), 429, 'IP_RATE_LIMIT_EXCEEDED');
  });
});

through({ name: 'with a limit per person', config: { throttle: { account_request_limit: PERSON }, http: { trusted_proxies: '127.0.0.1/32' } } }, (web) => {
  it('LIM-4 a person is limited over all their addresses and sessions, nobody else', async () => {
    const who = await web.signIn();
    const again = await web.signIn({ email: who.email, register: false });
    const other = await web.signIn();
    const ask = (token, server = web) => server.request('GET', '/api/auth/sessions', from(freshIp(), bearer(token)));
    const answers = await together(PERSON + 8, (i) => ask(i % 2 ? who.accessToken : again.accessToken, i % 3 ? web : web.other));
    const counts = tally(answers);
    assert.ok(counts[200] >= PERSON && counts[200] <= PERSON + 1, JSON.stringify(counts));
    const refused = answers.find((res) => res.status === 429);
    assertProblem(refused, 429, 'USER_RATE_LIMIT_EXCEEDED', 'Too many requests');
    assert.equal(rate(refused)[0], String(PERSON));
    assertOk(await ask(other.accessToken));
  });

  it('LIM-4 who does not sign in is not counted, nor is a bad token', async () => {
    const ip = freshIp();
    for (let i = 0; i < PERSON + 3; i += 1) {
      assertOk(await web.request('GET', '/api/auth/status', from(ip)));
      assertProblem(await web.request('GET', '/api/auth/sessions', from(ip, bearer('rubbish'))), 401, 'ACCESS_TOKEN_INVALID');
    }
  });
});

through({ name: 'without limits' }, (web, stack) => {
  it('nothing is counted, told or written by default', async () => {
    const who = await web.signIn();
    stack.sql('DELETE FROM throttle');
    for (let i = 0; i < 5; i += 1) {
      const res = await web.request('GET', '/api/auth/status', { headers: bearer(who.accessToken) });
      assertOk(res);
      assert.equal(rate(res)[0], undefined);
    }
    assert.equal(stack.sql('SELECT COUNT(*) FROM throttle')[0][0], '0');
  });
});
