// SPDX-License-Identifier: MIT
// Guessing is slowed down per account, device and network, whatever worker or
// web server is asked; the owner gets in all the same.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, tally, together, withoutInstance } from './lib/checks.mjs';

const limits = { account_limit: 5, device_limit: 3, network_limit: 12, register_limit: 4, window: 900 };
const password = 'a long enough phrase';
let hosts = 0;

/** An address nobody has used yet: TEST-NET-2 and beyond. */
const freshIp = () => {
  hosts += 1;
  return `198.${18 + (hosts >> 16)}.${(hosts >> 8) & 255}.${hosts & 255}`;
};

through({ config: { throttle: limits, http: { trusted_proxies: '127.0.0.1/32' } } }, (web, stack) => {
  const from = (ip, more = {}) => ({ headers: { 'X-Forwarded-For': ip, ...more } });
  const login = (email, options = {}, secret = 'a wrong long phrase', server = web) => server.request('POST', '/api/auth/login', { json: { email, password: secret }, ...options });
  /** An account registered from a network of its own. */
  async function account() {
    const email = `${Math.random().toString(36).slice(2)}@mail.test`;
    assertOk(await web.request('POST', '/api/auth/register', { json: { email, password }, ...from(freshIp()) }));
    return email;
  }
  /** The device cookie of a sign-in. */
  async function device(email) {
    const res = await login(email, from(freshIp()), password);
    assertOk(res);
    return { Cookie: `device_token=${res.cookies.find((c) => c.name === 'device_token').value}`, Origin: 'https://id.example.test' };
  }
  const fail = async (n, email, options) => {
    for (let i = 0; i < n; i += 1) assertProblem(await login(email, options?.() ?? from(freshIp())), 401, 'INVALID_CREDENTIALS');
  };

  it('A-6.3.1 an account takes 5 failures, from wherever, then nothing for the window', async () => {
    const email = await account();
    await fail(5, email);
    for (const secret of ['a wrong long phrase', password]) {
      const res = await login(email, from(freshIp()), secret);
      assertProblem(res, 429, 'TOO_MANY_REQUESTS', 'Too many requests');
      assert.ok(Number(res.headers['retry-after']) <= 900 && Number(res.headers['retry-after']) > 850);
      assert.deepEqual(res.cookies, []);
    }
  });

  it('N63B-5 A-6.3.1 both web servers count together', async () => {
    const email = await account();
    for (let i = 0; i < 5; i += 1) assertProblem(await login(email, from(freshIp()), 'wrong phrase', i % 2 ? web : web.other), 401, 'INVALID_CREDENTIALS');
    for (const server of [web, web.other]) assertProblem(await login(email, from(freshIp()), password, server), 429, 'TOO_MANY_REQUESTS');
  });

  it('A-6.3.1 F51 parallel tries get no more than the budget', async () => {
    const email = await account();
    const answers = await together(24, (i) => login(email, from(freshIp()), `guess number ${i}`, i % 6 ? web : web.other));
    assert.deepEqual(tally(answers), { 401: 5, 429: 19 });
  });

  it('A-6.3.1 the window ends', async () => {
    const email = await account();
    await fail(5, email);
    assertProblem(await login(email, from(freshIp()), password), 429, 'TOO_MANY_REQUESTS');
    stack.sql('UPDATE throttle SET window_end_us = window_end_us - 901000000');
    assertOk(await login(email, from(freshIp()), password));
  });

  it('A-6.3.8 an address without an account is throttled alike', async () => {
    const unknown = `${Math.random().toString(36).slice(2)}@mail.test`;
    const known = await account();
    const answers = {};
    for (const email of [unknown, known]) {
      await fail(5, email);
      const res = await login(email, from(freshIp()));
      assertProblem(res, 429, 'TOO_MANY_REQUESTS');
      answers[email] = withoutInstance(res);
    }
    assert.deepEqual(answers[unknown], answers[known]);
  });

  it('the case of the address opens no second budget', async () => {
    const email = await account();
    await fail(3, email);
    await fail(2, email.toUpperCase());
    assertProblem(await login(` ${email}`, from(freshIp()), password), 429, 'TOO_MANY_REQUESTS');
  });

  it('a success gives the budget back', async () => {
    const email = await account();
    for (let round = 0; round < 3; round += 1) {
      await fail(4, email);
      assertOk(await login(email, from(freshIp()), password));
    }
  });

  it('F52 while strangers lock the account, its known device signs in', async () => {
    const email = await account();
    const known = await device(email);
    await fail(5, email);
    assertProblem(await login(email, from(freshIp()), password), 429, 'TOO_MANY_REQUESTS');
    assertOk(await login(email, from(freshIp(), known), password));
    assertOk(await login(email, from(freshIp(), known), password));
  });

  it('F52 a known device has its own small budget', async () => {
    const email = await account();
    const [one, two] = [await device(email), await device(email)];
    await fail(3, email, () => from(freshIp(), one));
    assertProblem(await login(email, from(freshIp(), one), password), 429, 'TOO_MANY_REQUESTS');
    assertOk(await login(email, from(freshIp(), two), password));
    assertOk(await login(email, from(freshIp()), password));
  });

  it('F52 a device cookie of another account, or a forged one, is a stranger\'s', async () => {
    const victim = await account();
    const other = await device(await account());
    const own = await device(victim);
    const forged = { ...own, Cookie: own.Cookie.replace(/.{4}$/, 'AAAA') };
    await fail(5, victim);
    for (const cookie of [other, forged, { ...own, Cookie: 'device_token=x' }]) {
      assertProblem(await login(victim, from(freshIp(), cookie), password), 429, 'TOO_MANY_REQUESTS');
    }
    assertOk(await login(victim, from(freshIp(), own), password));
  });

  it('LIM-1 A-6.3.1 a network takes 12 failures over all accounts; other networks go on', async () => {
    const ip = freshIp();
    const victim = await account();
    for (let i = 0; i < 12; i += 1) assertProblem(await login(`nobody-${i}-${ip}@mail.test`, from(ip)), 401, 'INVALID_CREDENTIALS');
    assertProblem(await login(victim, from(ip), password), 429, 'TOO_MANY_REQUESTS');
    assertOk(await login(victim, from(freshIp()), password));
  });

  it('F52 a stranger behind the same address does not lock out a known device', async () => {
    const ip = freshIp();
    const email = await account();
    const known = await device(email);
    for (let i = 0; i < 13; i += 1) await login(`nobody-${i}-${ip}@mail.test`, from(ip));
    assertProblem(await login(email, from(ip), password), 429, 'TOO_MANY_REQUESTS');
    assertOk(await login(email, from(ip, known), password));
  });

  it('A-6.3.1 an IPv6 /64 is one network, its neighbour another', async () => {
    const email = await account();
    const net = `2001:db8:${(Math.random() * 65535 | 0).toString(16)}:${(Math.random() * 65535 | 0).toString(16)}`;
    for (let i = 0; i < 12; i += 1) assertProblem(await login(`nobody-${i}-${net}@mail.test`, from(`${net}:${i}::${i + 1}`)), 401, 'INVALID_CREDENTIALS');
    assertProblem(await login(email, from(`${net}:ffff::9`), password), 429, 'TOO_MANY_REQUESTS');
    const next = net.replace(/[0-9a-f]+$/, (last) => (parseInt(last, 16) ^ 1).toString(16));
    assertOk(await login(email, from(`${next}::1`), password));
  });

  it('successes do not use a network up', async () => {
    const ip = freshIp();
    const email = await account();
    for (let i = 0; i < 15; i += 1) assertOk(await login(email, from(ip), password));
  });

  it('a network registers 4 accounts in a window, known addresses counted too', async () => {
    const ip = freshIp();
    const register = (email) => web.request('POST', '/api/auth/register', { json: { email, password }, ...from(ip) });
    const known = await account();
    for (const email of [known, `a-${ip}@mail.test`, `b-${ip}@mail.test`, known]) assertOk(await register(email));
    assertProblem(await register(`c-${ip}@mail.test`), 429, 'TOO_MANY_REQUESTS');
    assertOk(await web.request('POST', '/api/auth/register', { json: { email: `d-${ip}@mail.test`, password }, ...from(freshIp()) }));
    assertProblem(await login(`c-${ip}@mail.test`, from(freshIp()), password), 401, 'INVALID_CREDENTIALS');
  });

  it('A-16.3.3 throttled tries are told in the log, once per window in the audit table', async () => {
    const email = await account();
    const before = auditOf(stack, 'auth.sign_in_throttled').length;
    const lines = stack.events('auth.sign_in_throttled').length;
    await fail(5, email);
    for (let i = 0; i < 4; i += 1) assertProblem(await login(email, from(freshIp())), 429, 'TOO_MANY_REQUESTS');
    assert.equal(auditOf(stack, 'auth.sign_in_throttled').length, before + 1);
    assert.equal(stack.events('auth.sign_in_throttled').length, lines + 4);
  });

  it('a session that lives is not touched by any of it', async () => {
    const email = await account();
    const res = await login(email, from(freshIp()), password);
    const { refreshToken } = assertOk(res);
    await fail(5, email);
    assertOk(await web.request('POST', '/api/auth/refresh', { headers: { Authorization: `Bearer ${refreshToken}` } }));
  });
});
