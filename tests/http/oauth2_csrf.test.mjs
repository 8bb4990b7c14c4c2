// SPDX-License-Identifier: MIT
// The way back from a provider, walked by those it was not made for: another
// browser, another time, another site.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, bin, together } from './lib/checks.mjs';
import {
  arrive, assertSent, assertSentBack, counts, depart, done, failed, locationOf, me, oauth2Config, somebody, startEvil, walkEvil, withPassword,
} from './lib/oauth2.mjs';

const { evil, section } = await startEvil();
after(() => evil.stop());

through({ config: { ...oauth2Config({ one: section('one'), two: section('two') }), two_factor: { email_default: 'no' } } }, (web, stack) => {
  /** Somebody who is back from the provider but for the last step. */
  async function ready(way = {}, who = somebody(web)) {
    const location = locationOf(await depart(who, 'one')).href;
    return { who, location, url: evil.grant(location, way) };
  }

  const codeOf = (res) => new URL(res.headers.location).searchParams.get('code');
  const redeemed = (code) => evil.asked.filter((a) => a.what === 'token' && a.form?.code === code).length;

  /** Another browser gets nowhere with it; the right one still does. */
  async function assertUseless(attempt, victim, code, headers) {
    const before = counts(stack);
    assertSentBack(await arrive(victim, attempt.url, headers), code);
    assert.deepEqual(counts(stack), before);
    assert.equal(redeemed(attempt.url.searchParams.get('code')), 0);
    assertSent(await arrive(attempt.who, attempt.url));
  }

  describe('another browser', () => {
    it('OAU-4 F55 R9700-4.7 A-10.1.2 without a session token is refused (login CSRF)', async () => {
      const victim = somebody(web);
      await assertUseless(await ready(), victim, 'session_token_missing');
      assertProblem(await victim.browser.get('/api/users/me'), 401, 'AUTHENTICATION_REQUIRED');
    });

    it('OAU-4 F55 A-10.1.2 with a session token of its own is refused', async () => {
      const victim = somebody(web);
      assertOk(await victim.browser.post('/api/auth/sessions/token', {}));
      await assertUseless(await ready(), victim, 'invalid_session_token');
    });

    it('F55 A-10.1.2 in the middle of a sign-in of its own is refused, and may finish that', async () => {
      const mine = await ready();
      await assertUseless(await ready(), mine.who, 'invalid_session_token');
      assertSent(await arrive(mine.who, mine.url));
    });

    it('F55 that is signed in stays who it is', async () => {
      const victim = { ...await web.signIn(), jar: new Map() };
      const before = await me(victim);
      await assertUseless(await ready(), victim, 'session_token_missing');
      assert.deepEqual(await me(victim), before);
    });

    it('OAU-4 with a session token that is none is refused', async () => {
      const session = await withPassword(web);
      const { who: { browser } } = await ready();
      const own = browser.cookie('session_token');
      const wrong = ['x', 'a.b.c', own.slice(0, -1), `${own}A`, `${own.slice(0, 20)}${own[20] === 'A' ? 'B' : 'A'}${own.slice(21)}`, session.stepUp, session.accessToken, session.refreshToken];
      for (const token of wrong) {
        const victim = somebody(web);
        victim.browser.jar.set('session_token', { name: 'session_token', value: token, attributes: { samesite: 'Lax', path: '/' } });
        await assertUseless(await ready(), victim, 'invalid_session_token');
      }
    });

    it('A-7.6.2 gets no session by any GET with what it made up', async () => {
      const before = counts(stack);
      for (const query of ['', '?code=x', '?state=x', '?code=x&state=x', `?code=x&state=${'A'.repeat(64)}`, '?error=access_denied', `?iss=${encodeURIComponent(evil.issuer('one'))}`]) {
        const res = await arrive(somebody(web), `https://id.example.test/api/auth/oauth2/callback/one${query}`);
        assert.ok(['state_parameter_missing', 'invalid_state', 'session_token_missing'].includes(codeOf(res)), `${query} ${res.headers.location}`);
        assert.deepEqual(res.cookies.filter((c) => c.value), []);
      }
      assert.deepEqual(counts(stack), before);
    });
  });

  describe('again', () => {
    it('F55 A-10.2.1 an address that was used is used up', async () => {
      const { who, url } = await ready();
      assertSent(await arrive(who, url));
      const before = counts(stack);
      assertSentBack(await arrive(who, url), 'invalid_state');
      assert.deepEqual(counts(stack), before);
      assert.equal(redeemed(url.searchParams.get('code')), 1);
    });

    it('F55 of many at once exactly one gets in, and the code is redeemed once', async () => {
      const { who, url } = await ready();
      const before = counts(stack);
      const answers = await together(8, () => arrive({ browser: Object.assign(web.browser(), { jar: new Map(who.browser.jar) }) }, url));
      const codes = answers.filter((res) => res.headers.location !== done).map(codeOf);
      assert.deepEqual(codes, Array(7).fill('invalid_state'));
      assert.equal(redeemed(url.searchParams.get('code')), 1);
      assert.deepEqual(counts(stack).map((n, i) => n - before[i]), [1, 1, 1]);
    });

    it('F55 an answer that failed is used up too', async () => {
      const { who, url } = await ready({ claims: { nonce: 'another' } });
      assertSentBack(await arrive(who, url), 'authentication_failed');
      assertSentBack(await arrive(who, url), 'invalid_state');
    });

    it('F55 with another code nobody gets a second try', async () => {
      const { who, location, url } = await ready({ claims: { nonce: 'another' } });
      assertSentBack(await arrive(who, url), 'authentication_failed');
      assertSentBack(await arrive(who, evil.grant(location)), 'invalid_state');
    });

    it('F55 too late is too late', async () => {
      const { who, url } = await ready();
      stack.sql('UPDATE challenge SET expires_us = created_us WHERE used_us = 0 ORDER BY created_us DESC LIMIT 1');
      assertSentBack(await arrive(who, url), 'state_expired');
    });

    it('F55 after the other web server has taken it', async () => {
      const { who, url } = await ready();
      const there = { browser: who.browser.at(web.other.port) };
      assertSent(await arrive(there, url));
      assertSentBack(await arrive(who, url), 'invalid_state');
    });
  });

  describe('another tab', () => {
    it('F55 two ways out of one browser both lead back', async () => {
      const who = somebody(web);
      const [a, b] = [(await ready({}, who)).url, (await ready({}, who)).url];
      assertSent(await arrive(who, b));
      assertSent(await arrive(who, a));
    });

    it('R6265-6.1 many ways out leave no more cookies than one', async () => {
      const who = somebody(web);
      await ready({}, who);
      const { size } = who.browser.jar;
      for (let i = 0; i < 20; i += 1) await ready({}, who);
      assert.equal(who.browser.jar.size, size);
      assert.ok(size <= 2, `${size} cookies`);
    });

    it('F55 an answer is of use for its own start alone', async () => {
      const who = somebody(web);
      const [a, b] = [await ready({}, who), await ready({}, who)];
      const mixed = new URL(a.url);
      mixed.searchParams.set('code', b.url.searchParams.get('code'));
      assertSentBack(await arrive(who, mixed), 'authentication_failed');
    });
  });

  describe('what is not right', () => {
    it('A-10.2.1 R9700-4.7 a state that is left out, cut, changed or made up opens nothing', async () => {
      const { who, url } = await ready();
      const state = url.searchParams.get('state');
      const middle = Math.floor(state.length / 2);
      for (const wrong of [undefined, '', state.slice(0, -1), `${state}A`, state.slice(0, middle) + (state[middle] === 'A' ? 'B' : 'A') + state.slice(middle + 1), state.toUpperCase(), 'x'.repeat(5000), '%00', "' OR 1=1 -- "]) {
        const changed = new URL(url);
        if (wrong === undefined) changed.searchParams.delete('state');
        else changed.searchParams.set('state', wrong);
        const res = await arrive(who, changed);
        if (res.status === 302) assert.ok(['state_parameter_missing', 'invalid_state', 'bad_request'].includes(codeOf(res)), `${wrong} ${res.headers.location}`);
        else assert.ok(res.status === 414 || res.status === 400, `${wrong}: ${res.status}`);
      }
      assertSent(await arrive(who, url));
    });

    it('A-10.2.1 R9700-2.1.1 somebody else\'s code is of no use in one\'s own sign-in (PKCE)', async () => {
      const stolen = (await ready()).url.searchParams.get('code');
      const { who, location } = await ready();
      assertSentBack(await arrive(who, evil.grant(location, { query: { code: stolen } })), 'authentication_failed');
      assert.equal(who.browser.cookie('access_token'), undefined);
    });

    it('a code that is left out, and one beside an error, opens nothing', async () => {
      for (const query of [{ code: undefined }, { code: '' }, { error: 'access_denied' }]) {
        const { who, location } = await ready();
        const before = counts(stack);
        assertSentBack(await arrive(who, evil.grant(location, { query })), 'authentication_failed');
        assert.deepEqual(counts(stack), before);
      }
    });

    it('parameters that come twice open nothing', async () => {
      for (const name of ['state', 'code', 'iss']) {
        const { who, url } = await ready();
        const res = await arrive(who, `${url}&${name}=${encodeURIComponent(url.searchParams.get(name))}`);
        assert.notEqual(res.headers.location, done);
        assert.deepEqual(res.cookies.filter((c) => c.value), []);
      }
    });

    it('POST and HEAD are no way back, and use nothing up', async () => {
      const { who, url } = await ready();
      for (const method of ['POST', 'HEAD', 'PUT']) {
        const res = await who.browser.request(method, url.pathname + url.search, { headers: method === 'POST' ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}, body: method === 'POST' ? 'a=b' : undefined });
        assert.equal(res.status, 405, method);
        assert.deepEqual(res.cookies, []);
      }
      assertSent(await arrive(who, url));
    });

    it('A-7.6.2 a frame, an image or a script of another site is no way back', async () => {
      const { who, url } = await ready();
      for (const dest of ['iframe', 'image', 'script', 'empty', 'object']) {
        const res = await arrive(who, url, { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': 'no-cors' });
        assert.equal(res.status, 403);
        assert.deepEqual(res.cookies, []);
      }
      assertSent(await arrive(who, url));
    });
  });

  describe('another site', () => {
    const foreign = { 'Sec-Fetch-Site': 'cross-site' };

    it('F55 may not name a browser', async () => {
      const { browser } = somebody(web);
      const res = await browser.post('/api/auth/sessions/token', {}, { headers: { Origin: 'https://evil.test', ...foreign } });
      assert.equal(res.status, 403, res.text);
      assert.deepEqual(res.cookies, []);
    });

    it('F55 may not begin a fresh proof', async () => {
      const who = { ...await web.signIn(), jar: new Map() };
      const res = await depart(who, 'one', { query: { step_up: 'true' }, headers: foreign });
      assert.notEqual(new URL(res.headers.location ?? failed).origin, evil.origin);
    });
  });

  it('F55 a sign-in begun with a session that has ended is just a sign-in', async () => {
    const { who, url } = await ready();
    assertSent(await arrive(who, url));
    const { sessionId } = assertOk(await who.browser.get('/api/auth/status'));
    stack.sql(`UPDATE session SET revoked_us = created_us, revoked_reason = 'user' WHERE id = ${bin(sessionId)}`);
    assertSent(await walkEvil(who, evil, 'one', {}));
    assertOk(await web.request('GET', '/api/auth/status', { headers: bearer(who.browser.cookie('access_token')) }));
  });
});
