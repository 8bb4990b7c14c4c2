// SPDX-License-Identifier: MIT
// Signing in by other providers: out, back, and what it opens.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bin, claimsOf, uuid } from './lib/checks.mjs';
import {
  arrive, assertSent, assertSentBack, callbackOf, counts, depart, done, locationOf, me, newPerson, oauth2Config, site, somebody, startCertified, startEvil,
  walk, walkEvil, withPassword,
} from './lib/oauth2.mjs';

const { op, sections } = await startCertified();
const { evil, section } = await startEvil();
after(() => Promise.all([op.stop(), evil.stop()]));

const plain = (keys) => ({
  kind: 'oauth2', authorization_uri: `${evil.issuer('hub')}/authorize`, token_uri: `${evil.issuer('hub')}/token`, user_info_uri: `${evil.issuer('hub')}/userinfo`,
  scope: 'read:user', subject_claim: 'id', ...keys,
});
const providers = {
  ...sections, one: section('one'), two: section('two'), hub: plain(), closed: { ...section('closed'), register: 'no' }, trusted: { ...section('trusted'), email_trusted: 'yes' },
};

through({ sink: {}, config: { ...oauth2Config(providers), two_factor: { email_default: 'no' } } }, (web, stack) => {
  describe('the way out', () => {
    it('OAU-1 A-10.2.1 R9700-2.1.1 leads to the provider with state, nonce and PKCE S256', async () => {
      const res = await depart(somebody(web), 'op');
      const to = locationOf(res);
      assert.equal(to.origin, op.issuer);
      const asked = Object.fromEntries(to.searchParams);
      assert.equal(asked.response_type, 'code');
      assert.equal(asked.client_id, 'op');
      assert.equal(asked.redirect_uri, callbackOf('op'));
      assert.equal(asked.code_challenge_method, 'S256');
      assert.match(asked.code_challenge, /^[\w-]{43}$/);
      assert.match(asked.state, /^[\w.-]{43,}$/);
      assert.match(asked.nonce, /^[\w-]{43}$/);
      assert.equal(asked.scope, 'openid email profile');
      assert.ok(!('prompt' in asked) && !('max_age' in asked) && !('code_verifier' in asked));
      assert.equal(res.headers['cache-control'], 'no-store');
    });

    it('OAU-1 SES-13 gives a browser without one a session token that is Lax, and no other cookie', async () => {
      const res = await depart(somebody(web), 'op');
      assert.deepEqual(res.cookies.map((c) => c.name), ['session_token']);
      const [{ attributes }] = res.cookies;
      assert.equal(attributes.samesite, 'Lax');
      assert.ok(attributes.httponly && attributes.secure);
    });

    it('A-10.1.2 R7636-4.1 takes new state, nonce and verifier each time', async () => {
      const who = somebody(web);
      const asked = [];
      for (let i = 0; i < 4; i += 1) asked.push(Object.fromEntries(locationOf(await depart(who, 'op')).searchParams));
      for (const name of ['state', 'nonce', 'code_challenge']) assert.equal(new Set(asked.map((a) => a[name])).size, 4, name);
    });

    it('is known by its older path too', async () => {
      const to = locationOf(await depart(somebody(web), 'op', { path: '/oauth2/authorization' }));
      assert.equal(to.searchParams.get('redirect_uri'), callbackOf('op'));
    });

    it('says 404 of a provider nobody knows', async () => {
      for (const name of ['nobody', 'OP', 'password', 'op-']) assertProblem(await depart(somebody(web), name), 404, 'PROVIDER_NOT_FOUND');
    });

    it('R9700-4.11 R9700-2.1 A-3.7.2 takes no address to come back to but those of the list, as they are', async () => {
      const wrong = [
        `${done}/`, `${done}?a=b`, `${done}#a`, done.slice(0, -1), done.toUpperCase(), `${site}:443/app/done`, done.replace('https', 'http'), `${site}.evil.test/app/done`,
        'https://id.example.test@evil.test/app/done', '//evil.test/app/done', '/app/done', 'javascript:alert(1)', 'data:text/html,x', 'https://evil.test/', '', ' ',
        `${done}\r\nSet-Cookie: a=b`, `${site}/app/other?a=b`, `${site}/app/../app/done`, `${site}/app/%64one`, `${'https://id.example.test/'}${'a'.repeat(2000)}`,
      ];
      for (const uri of wrong) {
        const res = await depart(somebody(web), 'op', { query: { redirect_uri: uri } });
        assert.equal(res.status, 400, `${uri}: ${res.status} ${res.headers.location}`);
        assert.equal(res.headers.location, undefined);
        assert.deepEqual(res.cookies, []);
      }
    });

    it('takes every address of the list', async () => {
      const who = somebody(web);
      const back = `${site}/app/other`;
      assertSent(await walk(who, op, 'op', { person: newPerson(op) }, { query: { redirect_uri: back } }), back);
    });

    it('refuses to be sent two addresses', async () => {
      const { browser } = somebody(web);
      const res = await browser.get(`/api/auth/oauth2/authorization/op?redirect_uri=${encodeURIComponent(done)}&redirect_uri=${encodeURIComponent(done)}`);
      assert.equal(res.status, 400, res.text);
    });

    it('A-7.6.2 is no way for a page to make a frame or an image of it', async () => {
      for (const dest of ['iframe', 'image', 'script', 'empty']) {
        const res = await depart(somebody(web), 'op', { headers: { 'Sec-Fetch-Dest': dest, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Site': 'cross-site' } });
        assert.equal(res.status, 403, res.text);
      }
    });

    it('is open to whoever is signed out only', async () => {
      const session = { ...await web.signIn(), jar: new Map() };
      assertSentBack(await depart(session, 'op'), 'user_already_authenticated');
    });
  });

  describe('the list of providers', () => {
    it('shows names and titles, and nothing else of them', async () => {
      const res = await web.request('GET', '/api/auth/oauth2/providers');
      const list = assertOk(res).providers ?? res.json;
      assert.deepEqual(list.map((p) => p.name).sort(), Object.keys(providers).sort());
      for (const provider of list) assert.deepEqual(Object.keys(provider).sort(), ['name', 'title']);
      assert.doesNotMatch(res.text, /secret|127\.0\.0\.1/);
    });
  });

  for (const name of Object.keys(sections)) {
    it(`OAU-2 OAU-3 ${name}: an unknown person registers, and signs in the next time`, async () => {
      const sub = newPerson(op, { name: 'Ann Example', locale: 'de' });
      const who = somebody(web);
      assertSent(await walk(who, op, name, { person: sub }));
      const first = await me(who);
      assert.equal(first.name, 'Ann Example');
      assert.equal(first.email, `${sub}@example.org`);
      assert.equal(first.emailVerified, true);
      const again = somebody(web);
      assertSent(await walk(again, op, name, { person: sub }));
      assert.equal((await me(again)).id, first.id);
      const sessions = assertOk(await again.browser.get('/api/auth/sessions'));
      assert.equal(sessions.length, 2);
      for (const session of sessions) assert.ok(session.authMethods.includes('fed'), String(session.authMethods));
    });
  }

  describe('back again', () => {
    it('OAU-2 R9700-4.12 sets access and refresh cookies, and shows no token in a URL, a header or a body', async () => {
      const who = somebody(web);
      const res = await walk(who, op, 'op', { person: newPerson(op) });
      assertSent(res);
      const names = res.cookies.filter((c) => c.value !== '').map((c) => c.name);
      for (const name of ['access_token', 'refresh_token']) assert.ok(names.includes(name), name);
      for (const cookie of res.cookies.filter((c) => ['access_token', 'refresh_token'].includes(c.name))) assert.equal(cookie.attributes.samesite, 'Strict');
      assert.equal(res.headers.authorization, undefined);
      const claims = claimsOf(who.browser.cookie('access_token'));
      assert.ok(claims.amr.includes('fed') && !claims.amr.includes('mfa'), String(claims.amr));
      assert.equal(claims.acr, '1');
      assert.match(claims.sid ?? claims.session, uuid);
    });

    it('A-6.8.4 a provider\'s strong sign-in shows in acr and amr, an unsaid one does not', async () => {
      for (const [answer, acr] of [[{ acr: 'phr' }, '2'], [{ amr: 'hwk pin' }, '2'], [{ acr: '1' }, '1'], [{}, '1'], [{ acr: '2', amr: 'pwd otp' }, '1']]) {
        const who = somebody(web);
        assertSent(await walk(who, op, 'op', { person: newPerson(op), ...answer }));
        const claims = claimsOf(who.browser.cookie('access_token'));
        assert.equal(claims.acr, acr, JSON.stringify(answer));
        assert.equal(claims.amr.includes('mfa'), acr === '2');
      }
    });

    it('names browser and system as the session token was told', async () => {
      const who = somebody(web);
      assertOk(await who.browser.post('/api/auth/sessions/token', { browser: 'Hand-made', os: 'Plan 9' }));
      assertSent(await walk(who, op, 'op', { person: newPerson(op) }));
      const [session] = assertOk(await who.browser.get('/api/auth/sessions'));
      assert.equal(session.browser, 'Hand-made');
      assert.equal(session.os, 'Plan 9');
    });

    it('SES-13 both paths give a session token as cookie and in the body', async () => {
      for (const path of ['/api/auth/sessions/token', '/api/users/me/sessions/token']) {
        const { browser } = somebody(web);
        const res = await browser.post(path, {});
        const { token } = assertOk(res);
        assert.equal(res.cookies.find((c) => c.name === 'session_token').value, token);
        assert.equal(res.cookies.find((c) => c.name === 'session_token').attributes.samesite, 'Lax');
        assert.equal(res.cookies.length, 1);
      }
    });

    it('says why when the person declines', async () => {
      const before = counts(stack);
      assertSentBack(await walk(somebody(web), op, 'op', { deny: 'yes' }), 'authentication_failed', 'access_denied');
      assert.deepEqual(counts(stack), before);
    });

    it('ERR-1 answers a JSON client with problem details and JSON', async () => {
      const who = somebody(web);
      const json = { headers: { Accept: 'application/json' }, back: { Accept: 'application/json' } };
      const out = assertOk(await depart(who, 'op', json));
      const { url } = await op.signIn(who.jar, out.authorizationUri, { person: newPerson(op) });
      const res = await arrive(who, url, json.back);
      assert.equal(assertOk(res).success, true);
      assertOk(await who.browser.get('/api/auth/sessions'));
      assertProblem(await arrive(who, url, json.back), 400, 'INVALID_STATE');
    });

    it('is known by its older path too', async () => {
      const who = somebody(web);
      const { url } = await op.signIn(who.jar, locationOf(await depart(who, 'op')).href, { person: newPerson(op) });
      assertSent(await arrive(who, `${site}/login/oauth2/code/op${url.search}`));
    });

    it('ends no other session of the person', async () => {
      const sub = newPerson(op);
      const [one, two] = [somebody(web), somebody(web)];
      assertSent(await walk(one, op, 'op', { person: sub }));
      assertSent(await walk(two, op, 'op', { person: sub }));
      await me(one);
    });

    it('begins a session that is like any other: it refreshes, and is cut off at once', async () => {
      const sub = newPerson(op);
      const [one, two] = [somebody(web), somebody(web)];
      assertSent(await walk(one, op, 'op', { person: sub }));
      assertSent(await walk(two, op, 'op', { person: sub }));
      assertOk(await one.browser.post('/api/auth/refresh', {}));
      const { sessionId } = assertOk(await two.browser.get('/api/auth/status'));
      assertOk(await one.browser.delete(`/api/auth/sessions/${sessionId}`));
      assertProblem(await two.browser.get('/api/users/me'), 401, 'SESSION_INVALID');
    });

    it('refuses a person whose account is disabled', async () => {
      const who = somebody(web);
      const sub = newPerson(op);
      assertSent(await walk(who, op, 'op', { person: sub }));
      stack.ctl('user', 'disable', `${sub}@example.org`);
      assertSentBack(await walk(somebody(web), op, 'op', { person: sub }), 'authentication_failed');
    });
  });

  describe('who it is', () => {
    it('OAU-5 A-6.8.1 A-10.3.3 an address that is taken opens nothing: its owner is told', async () => {
      const owner = await web.signIn();
      const before = counts(stack);
      const who = somebody(web);
      assertSentBack(await walk(who, op, 'op', { person: newPerson(op, { email: owner.email }) }), 'email_already_registered');
      assert.deepEqual(counts(stack), before);
      assert.equal(who.browser.cookie('access_token'), undefined);
      await stack.sink.waitFor({ to: owner.email, kind: 'identity-provider-info' });
    });

    it('A-6.8.1 A-10.5.2 the same address, and the same subject, at two providers are two persons', async () => {
      const person = { sub: `same-${web.name}`, email: `same-${web.name}@example.org` };
      const first = somebody(web);
      assertSent(await walkEvil(first, evil, 'one', { person }));
      assertSentBack(await walkEvil(somebody(web), evil, 'two', { person }), 'email_already_registered');
      const second = somebody(web);
      assertSent(await walkEvil(second, evil, 'two', { person: { ...person, email: `other-${web.name}@example.org` } }));
      assert.notEqual((await me(first)).id, (await me(second)).id);
    });

    it('A-10.5.2 subjects are compared byte by byte', async () => {
      const ids = new Set();
      const subjects = ['case', 'CASE', 'case ', 'cäse', 'ca\u0308se'].map((sub) => `${web.name}-${sub}`);
      for (const sub of subjects) {
        const who = somebody(web);
        assertSent(await walkEvil(who, evil, 'one', { person: { sub } }));
        ids.add((await me(who)).id);
      }
      assert.equal(ids.size, subjects.length);
    });

    it('A-10.3.3 a changed address is the same person, and changes nothing here', async () => {
      const sub = `moved-${web.name}`;
      const who = somebody(web);
      assertSent(await walkEvil(who, evil, 'one', { person: { sub, email: `${sub}-old@example.org` } }));
      const again = somebody(web);
      assertSent(await walkEvil(again, evil, 'one', { person: { sub, email: `${sub}-new@example.org` } }));
      assert.deepEqual([(await me(again)).id, (await me(again)).email], [(await me(who)).id, `${sub}-old@example.org`]);
    });

    it('an address counts as verified only where the provider says so, or is trusted', async () => {
      for (const [name, said, verified] of [['one', true, true], ['one', false, false], ['one', undefined, false], ['one', 'false', false], ['trusted', undefined, true]]) {
        const who = somebody(web);
        assertSent(await walkEvil(who, evil, name, { person: { email_verified: said } }));
        assert.equal((await me(who)).emailVerified, verified, `${name} ${said}`);
      }
    });

    it('a provider that registers nobody signs in those it knows, and no others', async () => {
      const before = counts(stack);
      assertSentBack(await walkEvil(somebody(web), evil, 'closed', {}), 'registration_disabled');
      assert.deepEqual(counts(stack), before);
    });

    it('plain OAuth 2.0 is told who it is by its user-info, whatever its numbers', async () => {
      const id = 4000000000 + (web.name === 'apache' ? 1 : 0);
      const way = { plain: true, person: { id, sub: undefined, email: `hub-${web.name}@example.org` } };
      const who = somebody(web);
      assertSent(await walkEvil(who, evil, 'hub', way));
      const again = somebody(web);
      assertSent(await walkEvil(again, evil, 'hub', way));
      assert.equal((await me(again)).id, (await me(who)).id);
    });

    it('A-10.2.3 plain OAuth 2.0 asks for the configured scopes alone, with PKCE', async () => {
      const to = locationOf(await depart(somebody(web), 'hub'));
      assert.equal(to.searchParams.get('scope'), 'read:user');
      assert.equal(to.searchParams.get('code_challenge_method'), 'S256');
    });

    it('LOG-7 an account without password is not opened by one', async () => {
      const sub = newPerson(op);
      assertSent(await walk(somebody(web), op, 'op', { person: sub }));
      for (const password of ['', 'a long enough phrase']) {
        const res = await web.browser().post('/api/auth/login', { email: `${sub}@example.org`, password });
        assert.ok([400, 401].includes(res.status), res.text);
        assert.deepEqual(res.cookies.filter((c) => c.value), []);
      }
    });

    it('leaves an event of the sign-in', async () => {
      const who = somebody(web);
      assertSent(await walk(who, op, 'op', { person: newPerson(op) }));
      const { id } = await me(who);
      assert.ok(auditOf(stack, 'sign_in.ok', { subject: id }).length + auditOf(stack, 'account.registered', { subject: id }).length >= 1,
        JSON.stringify(stack.sql(`SELECT kind FROM event WHERE subject = '${id}'`)));
    });
  });

  describe('fresh proof', () => {
    const up = { query: { step_up: 'true' } };
    async function resident() {
      const sub = newPerson(op);
      const who = somebody(web);
      assertSent(await walk(who, op, 'op', { person: sub }));
      return { who, sub };
    }

    it('OAU-6 gives a step-up cookie and no other, for the same session', async () => {
      const { who, sub } = await resident();
      const before = assertOk(await who.browser.get('/api/auth/status'));
      assert.equal(before.stepUp, false);
      const res = await walk(who, op, 'op', { person: sub }, up);
      assertSent(res);
      assert.ok(who.asked, 'the provider asks again');
      assert.deepEqual(res.cookies.filter((c) => c.value !== '').map((c) => c.name), ['step_up_token']);
      const status = assertOk(await who.browser.get('/api/auth/status'));
      assert.equal(status.stepUp, true);
      assert.equal(status.sessionId, before.sessionId);
      assert.equal(assertOk(await who.browser.get('/api/auth/sessions')).length, 1);
    });

    it('A-6.8.4 asks the provider to ask again, now', async () => {
      const { who } = await resident();
      const asked = locationOf(await depart(who, 'op', up)).searchParams;
      assert.equal(asked.get('prompt'), 'login');
      assert.equal(asked.get('max_age'), '0');
    });

    it('OAU-6 is given to nobody but the session\'s own person', async () => {
      const { who } = await resident();
      who.jar.clear();
      const other = newPerson(op);
      const res = await walk(who, op, 'op', { person: other }, up);
      assertSentBack(res, 'wrong_account_authenticated');
      assert.equal(assertOk(await who.browser.get('/api/auth/status')).stepUp, false);
    });

    it('OAU-6 registers nobody, whoever comes back', async () => {
      const { who } = await resident();
      who.jar.clear();
      const before = counts(stack);
      assertSentBack(await walk(who, op, 'op', { person: newPerson(op) }, up), 'wrong_account_authenticated');
      assert.deepEqual(counts(stack), before);
    });

    it('OAU-6 needs a session that lives', async () => {
      assertSentBack(await depart(somebody(web), 'op', up), 'wrong_account_authenticated');
      const { who, sub } = await resident();
      const location = locationOf(await depart(who, 'op', up));
      const { url } = await op.signIn(who.jar, location.href, { person: sub });
      const { sessionId } = assertOk(await who.browser.get('/api/auth/status'));
      stack.sql(`UPDATE session SET revoked_us = created_us, revoked_reason = 'user' WHERE id = ${bin(sessionId)}`);
      const res = await arrive(who, url);
      assert.equal(res.status, 302);
      assert.match(res.headers.location, /code=/);
      assert.deepEqual(res.cookies.filter((c) => c.value !== ''), []);
    });

    it('A-6.8.4 an answer that does not say when, or says it was long ago, is no fresh proof', async () => {
      const sub = `stale-${web.name}`;
      const who = somebody(web);
      assertSent(await walkEvil(who, evil, 'one', { person: { sub } }));
      const old = Math.floor(Date.now() / 1000) - 3600;
      for (const auth_time of [undefined, old, 0, 'now', old + 1e6]) {
        assertSentBack(await walkEvil(who, evil, 'one', { person: { sub }, claims: { auth_time } }, up), 'authentication_failed');
        assert.equal(assertOk(await who.browser.get('/api/auth/status')).stepUp, false);
      }
      assertSent(await walkEvil(who, evil, 'one', { person: { sub } }, up));
    });

    it('is none of plain OAuth 2.0, which cannot say when', async () => {
      const who = await withPassword(web);
      assertSentBack(await depart(who, 'hub', up), 'authentication_failed');
    });
  });
});
