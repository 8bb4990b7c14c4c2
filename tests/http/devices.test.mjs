// SPDX-License-Identifier: MIT
// What a person sees of a device: browser, system, kind and address.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, chrome, move, sessionRow, status } from './lib/checks.mjs';

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
const phone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';
/** User-Agent: browser, system, kind. */
const agents = [
  [chrome, 'Chrome', /^Windows/, 'desktop'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0`, 'Edge', /^Windows/, 'desktop'],
  [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0`, 'Opera', /^Linux$/, 'desktop'],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/126.0.0.0 Safari/537.36`, 'Chrome', /^Chrome OS/, 'desktop'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', /^Linux$/, 'desktop'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox', /^Ubuntu/, 'desktop'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15', 'Safari', /^Mac OS X 10\.15$/, 'desktop'],
  [phone, /^Mobile Safari/, /^iOS 17/, 'mobile'],
  ['Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1', /Safari/, /^iOS 16/, 'tablet'],
  [`Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/126.0.0.0 Mobile Safari/537.36`, 'Chrome Mobile', /^Android 14$/, 'mobile'],
  [`Mozilla/5.0 (Linux; Android 13; SM-X700) ${webkit} Chrome/126.0.0.0 Safari/537.36`, /^Chrome/, /^Android 13$/, 'tablet'],
  ['Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0', 'Firefox Mobile', /^Android 14$/, 'mobile'],
  ['curl/8.5.0', 'curl', /^Unknown$/, 'other'],
  ['something nobody knows', 'Unknown', /^Unknown$/, 'other'],
];
/** Client Hints on top of Chrome on Windows: what they change. */
const hints = [
  [{ 'Sec-CH-UA': '"Not/A)Brand";v="8", "Chromium";v="126", "Google Chrome";v="126"' }, 'Chrome', /^Windows/, 'desktop'],
  [{ 'Sec-CH-UA': '"Not/A)Brand";v="8", "Chromium";v="126", "Microsoft Edge";v="126"' }, 'Edge', /^Windows/, 'desktop'],
  [{ 'Sec-CH-UA': '"Brave";v="126", "Chromium";v="126", "Not.A/Brand";v="8"' }, 'Brave', /^Windows/, 'desktop'],
  [{ 'Sec-CH-UA-Platform': '"Windows"', 'Sec-CH-UA-Platform-Version': '"15.0.0"' }, 'Chrome', /^Windows 11$/, 'desktop'],
  [{ 'Sec-CH-UA-Platform': '"Windows"', 'Sec-CH-UA-Platform-Version': '"10.0.0"' }, 'Chrome', /^Windows 10$/, 'desktop'],
  [{ 'Sec-CH-UA-Platform': '"macOS"', 'Sec-CH-UA-Platform-Version': '"14.5.0"' }, 'Chrome', /^macOS 14$/, 'desktop'],
  [{ 'Sec-CH-UA-Platform': '"Android"', 'Sec-CH-UA-Platform-Version': '"14.0.0"', 'Sec-CH-UA-Mobile': '?1' }, 'Chrome', /^Android 14$/, 'mobile'],
  [{ 'Sec-CH-UA-Form-Factors': '"Tablet"' }, 'Chrome', /^Windows/, 'tablet'],
  [{ 'Sec-CH-UA': 'rubbish', 'Sec-CH-UA-Platform': 'rubbish', 'Sec-CH-UA-Mobile': '1' }, 'Chrome', /^Windows/, 'desktop'],
];

/** The session as its owner sees it after a sign-in with these fields. */
async function seen(web, account, headers) {
  const json = { email: account.email, password: account.password };
  const login = assertOk(await web.request('POST', '/api/auth/login', { json, headers }));
  const list = assertOk(await web.request('GET', '/api/auth/sessions', { headers: bearer(login.accessToken) }));
  return { ...list.find((s) => s.id === login.sessionId), accessToken: login.accessToken };
}

/** "Chrome on Windows 10", or as much of it as is known. */
function named({ browser, os }) {
  const name = browser === 'Unknown' ? 'Unknown browser' : browser;
  return os === 'Unknown' ? name : `${name} on ${os}`;
}

function assertDevice(session, browser, os, deviceType) {
  if (browser instanceof RegExp) assert.match(session.browser, browser);
  else assert.equal(session.browser, browser);
  assert.match(session.os, os);
  assert.equal(session.deviceType, deviceType);
  assert.equal(session.device, named(session));
}

through({}, (web, stack) => {
  let account;
  const somebody = async () => {
    account ??= await web.signIn();
    return account;
  };

  describe('User-Agent', () => {
    for (const [agent, browser, os, type] of agents) {
      it(`${agent.slice(0, 60)}… ${agent.slice(-30)}`, async () => {
        const session = await seen(web, await somebody(), { 'User-Agent': agent });
        assertDevice(session, browser, os, type);
        assert.equal(session.userAgent, agent);
      });
    }

    it('none at all is an unknown device', async () => {
      const session = await seen(web, await somebody(), {});
      assertDevice(session, 'Unknown', /^Unknown$/, 'other');
      assert.equal(session.userAgent, null);
    });

    it('a very long one is cut, not refused', async () => {
      const session = await seen(web, await somebody(), { 'User-Agent': `${chrome} ${'x'.repeat(4000)}` });
      assert.equal(session.browser, 'Chrome');
      assert.equal(session.userAgent.length, 512);
    });

    it('one made to hurt a terminal or a page is shown as the text it is', async () => {
      const hostile = 'Mozilla/5.0 <script>alert(1)</script> \' OR 1=1 -- "${jndi:ldap://x}"';
      assert.equal((await seen(web, await somebody(), { 'User-Agent': hostile })).userAgent, hostile);
    });
  });

  describe('Client Hints', () => {
    for (const [fields, browser, os, type] of hints) {
      it(Object.entries(fields).map(([name, value]) => `${name}: ${value}`).join(', '), async () => {
        assertDevice(await seen(web, await somebody(), { 'User-Agent': chrome, ...fields }), browser, os, type);
      });
    }
  });

  describe('address', () => {
    for (const [name, value] of [
      ['X-Forwarded-For', '203.0.113.9'], ['X-Real-IP', '203.0.113.9'], ['Forwarded', 'for=203.0.113.9'], ['Client-IP', '203.0.113.9'],
    ]) {
      it(`${name} of one who is no trusted proxy is ignored`, async () => {
        const session = await seen(web, await somebody(), { [name]: value });
        assert.equal(session.ipAddress, '127.0.0.1');
      });
    }
  });

  it('SA-35 a session that another device uses is the same one, and shows who uses it now', async () => {
    const session = await seen(web, await somebody(), { 'User-Agent': chrome });
    const json = assertOk(await web.request('GET', '/api/auth/sessions', { headers: { ...bearer(session.accessToken), 'User-Agent': phone } }));
    const now = json.find((s) => s.current);
    assert.equal(now.id, session.id);
    assert.match(now.browser, /^Mobile Safari/);
    assert.equal(now.deviceType, 'mobile');
  });

  it('each device of one person is a session of its own', async () => {
    const { email, password } = await web.signIn({ userAgent: chrome });
    const there = await web.signIn({ email, password, register: false, userAgent: phone });
    const list = assertOk(await there.browser.get('/api/auth/sessions'));
    assert.deepEqual(list.map((s) => [s.deviceType, s.current]), [['mobile', true], ['desktop', false]]);
    assert.equal(sessionRow(stack, there.sessionId, 'device_type')[0], 'mobile');
  });
});

through({ name: 'behind proxies', config: { http: { trusted_proxies: '127.0.0.1/32 10.0.0.0/8 2001:db8:ff::/48', require_https: 'yes' } } }, (web, stack) => {
  const https = { 'X-Forwarded-Proto': 'https' };

  describe('address', () => {
    for (const [chain, address, why] of [
      ['203.0.113.9', '203.0.113.9', 'is believed'],
      ['198.51.100.66, 203.0.113.9', '203.0.113.9', 'what a client put in front is not'],
      ['203.0.113.9, 10.1.2.3', '203.0.113.9', 'over two trusted proxies'],
      ['198.51.100.66, 203.0.113.9, 10.9.9.9,10.1.2.3', '203.0.113.9', 'over several'],
      ['2001:db8::7', '2001:db8::7', 'IPv6'],
      ['::ffff:203.0.113.9', '203.0.113.9', 'IPv4 in IPv6'],
      ['203.0.113.9, 2001:db8:ff::1', '203.0.113.9', 'a trusted IPv6 proxy'],
      ['10.1.2.3', '10.1.2.3', 'a client inside'],
      ['nonsense', '127.0.0.1', 'nonsense is not'],
      ['203.0.113.9, nonsense', '127.0.0.1', 'nor what stands before nonsense'],
      ['', '127.0.0.1', 'empty'],
    ]) {
      it(`R9700-4.13 X-Forwarded-For: ${chain} (${why})`, async () => {
        const json = { email: `${Math.random().toString(36).slice(2)}@example.org`, password: 'a long enough phrase' };
        assertOk(await web.request('POST', '/api/auth/register', { json, headers: https }));
        const login = assertOk(await web.request('POST', '/api/auth/login', { json, headers: { ...https, 'X-Forwarded-For': chain } }));
        const list = assertOk(await web.request('GET', '/api/auth/sessions', { headers: { ...https, ...bearer(login.accessToken) } }));
        assert.equal(list[0].ipAddress, address);
      });
    }
  });

  it('the address moves with the activity stamp', async () => {
    const json = { email: `${Math.random().toString(36).slice(2)}@example.org`, password: 'a long enough phrase' };
    assertOk(await web.request('POST', '/api/auth/register', { json, headers: https }));
    const login = assertOk(await web.request('POST', '/api/auth/login', { json, headers: { ...https, 'X-Forwarded-For': '203.0.113.9' } }));
    move(stack, login.sessionId, { active_us: -120 });
    assertOk(await web.request('GET', '/api/auth/status', { headers: { ...https, ...bearer(login.accessToken), 'X-Forwarded-For': '198.51.100.3' } }));
    for (let i = 0; i < 40 && sessionRow(stack, login.sessionId, 'HEX(ip)')[0].slice(-8) !== 'C6336403'; i += 1) {
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    assert.equal(sessionRow(stack, login.sessionId, 'HEX(ip)')[0].slice(-8), 'C6336403');
  });

  it('A-12.2.1 require_https refuses what did not come by HTTPS, but for health checks', async () => {
    assertProblem(await status(web, 'x.y.z'), 403, 'HTTPS_REQUIRED');
    assertProblem(await web.request('GET', '/.well-known/jwks.json'), 403, 'HTTPS_REQUIRED');
    assertOk(await web.request('GET', '/healthz'));
    assertOk(await web.request('GET', '/readyz'));
    const res = await web.request('GET', '/api/auth/status', { headers: https });
    assertOk(res);
    assert.match(res.headers['strict-transport-security'], /^max-age=31536000/);
    assert.equal((await web.request('GET', '/healthz')).headers['strict-transport-security'], undefined);
  });
});
