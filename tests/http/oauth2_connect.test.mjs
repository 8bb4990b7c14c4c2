// SPDX-License-Identifier: MIT
// Providers of an account: connected, used, disconnected; guests who become
// users; passwords that are added; second factors that are asked for all the same.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, bin, claimsOf, tally, together } from './lib/checks.mjs';
import { as, enrol, nextStep, stepUp, totp } from './lib/factors.mjs';
import {
  allowConnection, arrive, assertSent, assertSentBack, counts, depart, done, failed, locationOf, me, newPerson, oauth2Config, second, somebody, startCertified, startEvil,
  walk, walkEvil, withPassword,
} from './lib/oauth2.mjs';

const { op, sections } = await startCertified();
const { evil, section } = await startEvil();
after(() => Promise.all([op.stop(), evil.stop()]));
const list = '/api/users/me/providers';

through({ sink: {}, config: { ...oauth2Config({ ...sections, one: section('one'), two: section('two') }), two_factor: { email_default: 'no' }, accounts: { guests: 'yes', guest_limit: 100000 } } }, (web, stack) => {
  const listed = async (session) => {
    const res = assertOk(await as(web, session)('GET', list));
    return (res.providers ?? res).map((p) => p.provider ?? p.name);
  };

  /** Somebody with a password and one connected identity; its subject there. */
  async function connected() {
    const session = await withPassword(web);
    const sub = newPerson(op);
    await allowConnection(web, session, 'op');
    assertSent(await walk(session, op, 'op', { person: sub }));
    session.accessToken = session.browser.cookie('access_token');
    return { session, sub };
  }

  /** Somebody who has only ever been there by the provider, freshly proved. */
  async function federated() {
    const who = somebody(web);
    const sub = newPerson(op);
    assertSent(await walk(who, op, 'op', { person: sub }));
    assertSent(await walk(who, op, 'op', { person: sub }, { query: { step_up: 'true' } }));
    const session = { ...who, sub, email: `${sub}@example.org`, accessToken: who.browser.cookie('access_token'), stepUp: who.browser.cookie('step_up_token') };
    return { ...session, subject: (await me(who)).id };
  }

  async function guest() {
    const browser = web.browser();
    const made = assertOk(await browser.post('/api/guests', { name: 'Visitor' }));
    const session = { browser, jar: new Map(), accessToken: made.accessToken, refreshToken: made.refreshToken, sessionId: made.sessionId };
    session.stepUp = assertOk(await as(web, session)('POST', '/api/auth/step-up', {})).stepUpToken;
    session.id = (await me(session)).id;
    return session;
  }

  describe('the connection token', () => {
    const path = `${list}/oauth2/token`;

    it('OAU-10 is given to a fresh proof, as a Lax cookie and in the body', async () => {
      const session = await withPassword(web);
      const res = await session.browser.post(path, { provider: 'op' }, { headers: { 'X-Step-Up-Token': session.stepUp } });
      const { token } = assertOk(res);
      const [cookie, ...others] = res.cookies;
      assert.deepEqual(others, []);
      assert.equal(cookie.name, 'oauth2_provider_connection_token');
      assert.equal(cookie.value, token);
      assert.equal(cookie.attributes.samesite, 'Lax');
      assert.ok(cookie.attributes.httponly && cookie.attributes.secure);
    });

    it('OAU-10 is not given without access or without fresh proof', async () => {
      const session = await web.signIn();
      assertProblem(await web.request('POST', path, { json: { provider: 'op' } }), 401, 'AUTHENTICATION_REQUIRED');
      assertProblem(await as(web, session)('POST', path, { provider: 'op' }), 401, 'STEP_UP_REQUIRED');
      const other = await withPassword(web);
      const res = await as(web, { ...session, stepUp: other.stepUp })('POST', path, { provider: 'op' });
      assert.equal(res.status, 401);
      assert.match(res.json.code, /^STEP_UP_/);
    });

    it('OAU-10 is for a provider that exists', async () => {
      const session = await withPassword(web);
      assertProblem(await as(web, session)('POST', path, { provider: 'nobody' }), 404, 'PROVIDER_NOT_FOUND');
      assertProblem(await as(web, session)('POST', path, {}), 400, 'VALIDATION_FAILED');
    });

    it('opens nothing by itself', async () => {
      const session = await withPassword(web);
      const { token } = await allowConnection(web, session, 'op');
      for (const name of ['access_token', 'step_up_token', 'refresh_token']) {
        const res = await web.request('GET', '/api/users/me', { headers: { Cookie: `${name}=${token}` } });
        assert.equal(res.status, 401);
      }
    });
  });

  describe('connect', () => {
    it('OAU-7 adds the identity to the account, tells the owner and keeps the session', async () => {
      const { session, sub } = await connected();
      assert.deepEqual(await listed(session), ['op', 'password']);
      const after_ = assertOk(await session.browser.get('/api/auth/status'));
      assert.equal(after_.sessionId, session.sessionId);
      assert.equal(session.browser.cookie('oauth2_provider_connection_token'), undefined);
      await stack.sink.waitFor({ to: session.email, kind: 'provider-connected' });
      const who = somebody(web);
      assertSent(await walk(who, op, 'op', { person: sub }));
      assert.equal((await me(who)).id, session.subject);
    });

    it('OAU-7 A-6.8.1 whatever the provider says of the address', async () => {
      const session = await withPassword(web);
      const another = await web.signIn();
      await allowConnection(web, session, 'op');
      assertSent(await walk(session, op, 'op', { person: newPerson(op, { email: another.email }) }));
      const mine = await me(session);
      assert.deepEqual([mine.id, mine.email], [session.subject, session.email]);
    });

    it('OAU-8 one of somebody else, or one\'s own again, is not connected', async () => {
      const { session, sub } = await connected();
      const stranger = await withPassword(web);
      for (const caller of [stranger, session]) {
        await stepUp(web, caller);
        await allowConnection(web, caller, 'op');
        const before = counts(stack);
        assertSentBack(await walk(caller, op, 'op', { person: sub }), 'connected_to_another_principal');
        assert.deepEqual(counts(stack), before);
      }
      assert.deepEqual(await listed(stranger), ['password']);
    });

    it('OAU-8 a second identity of the same provider is not connected', async () => {
      const { session } = await connected();
      session.jar.clear();
      await stepUp(web, session);
      await allowConnection(web, session, 'op');
      assertSentBack(await walk(session, op, 'op', { person: newPerson(op) }), 'provider_already_connected');
    });

    it('OAU-8 a token for another provider, of another session or of nobody begins nothing', async () => {
      const session = await withPassword(web);
      await allowConnection(web, session, 'one');
      assertSentBack(await depart(session, 'op'), 'connection_token_provider_mismatch');
      const other = await withPassword(web);
      const { token } = await allowConnection(web, other, 'op');
      for (const wrong of [token, 'garbage', session.stepUp, session.accessToken, `${token}A`]) {
        session.browser.jar.set('oauth2_provider_connection_token', { name: 'oauth2_provider_connection_token', value: wrong, attributes: { samesite: 'Lax', path: '/' } });
        assertSentBack(await depart(session, 'op'), 'invalid_connection_token');
      }
    });

    it('OAU-8 without a connection token somebody who is signed in begins nothing', async () => {
      const session = await withPassword(web);
      assertSentBack(await depart(session, 'op'), 'user_already_authenticated');
    });

    it('OAU-8 a session that has ended meanwhile gets nothing', async () => {
      const session = await withPassword(web);
      await allowConnection(web, session, 'op');
      const { url } = await op.signIn(session.jar, locationOf(await depart(session, 'op')).href, { person: newPerson(op) });
      stack.sql(`UPDATE session SET revoked_us = created_us, revoked_reason = 'user' WHERE id = ${bin(session.sessionId)}`);
      const before = counts(stack);
      const res = await arrive(session, url);
      assert.notEqual(res.headers.location, done);
      assert.deepEqual(counts(stack), before);
    });

    it('OAU-8 of two accounts that connect one identity at once, one has it', async () => {
      const sessions = [await withPassword(web), await withPassword(web), await withPassword(web)];
      const person = { sub: `raced-${web.name}` };
      const urls = [];
      for (const session of sessions) {
        await allowConnection(web, session, 'one');
        urls.push(evil.grant(locationOf(await depart(session, 'one')).href, { person }));
      }
      const answers = await together(3, (i) => arrive(sessions[i], urls[i]));
      assert.equal(answers.filter((res) => res.headers.location === done).length, 1);
      for (const res of answers.filter((r) => r.headers.location !== done)) assertSentBack(res, 'connected_to_another_principal');
    });

    it('F55 OAU-8 no other site begins one', async () => {
      const session = await withPassword(web);
      await allowConnection(web, session, 'one');
      const res = await depart(session, 'one', { headers: { 'Sec-Fetch-Site': 'cross-site' } });
      assert.notEqual(new URL(res.headers.location ?? failed).origin, evil.origin);
    });

    it('F55 A-10.1.2 no other site has its own identity connected to somebody\'s account', async () => {
      const attacker = somebody(web);
      const url = evil.grant(locationOf(await depart(attacker, 'one')).href);
      const victim = await withPassword(web);
      await allowConnection(web, victim, 'one');
      const before = counts(stack);
      assertSentBack(await arrive(victim, url), 'session_token_missing');
      locationOf(await depart(victim, 'one'));
      assertSentBack(await arrive(victim, url), 'invalid_session_token');
      assert.deepEqual(counts(stack), before);
    });

    it('OAU-2 of many registrations of one identity at once there is one account', async () => {
      const person = { sub: `twins-${web.name}`, email: `twins-${web.name}@example.org` };
      const who = await together(4, () => somebody(web));
      const urls = [];
      for (const one of who) urls.push(evil.grant(locationOf(await depart(one, 'one')).href, { person }));
      const [before] = counts(stack);
      const answers = await together(4, (i) => arrive(who[i], urls[i]));
      assert.equal(counts(stack)[0], before + 1);
      assert.deepEqual(Object.keys(tally(answers)), ['302']);
      assert.ok(answers.some((res) => res.headers.location === done));
    });
  });

  describe('guests', () => {
    it('GUE-2 OAU-9 become users with the same id; what they had is over, what they get works', async () => {
      const visitor = await guest();
      const old = visitor.accessToken;
      const sub = newPerson(op);
      await allowConnection(web, visitor, 'op');
      assertSent(await walk(visitor, op, 'op', { person: sub }));
      const user = await me(visitor);
      assert.equal(user.id, visitor.id);
      assert.deepEqual(user.roles, ['USER']);
      assert.equal(user.email, `${sub}@example.org`);
      assert.equal((await web.request('GET', '/api/auth/status', { headers: bearer(old) })).status, 401);
      const again = somebody(web);
      assertSent(await walk(again, op, 'op', { person: sub }));
      assert.equal((await me(again)).id, visitor.id);
    });

    it('OAU-9 GUE-2 stay guests when the address is taken', async () => {
      const owner = await web.signIn();
      const visitor = await guest();
      await allowConnection(web, visitor, 'op');
      const before = counts(stack);
      assertSentBack(await walk(visitor, op, 'op', { person: newPerson(op, { email: owner.email }) }), 'email_already_registered');
      assert.deepEqual(counts(stack), before);
      assert.deepEqual((await me(visitor)).roles, ['GUEST']);
    });

    it('OAU-9 stay guests when there is no address', async () => {
      const visitor = await guest();
      await allowConnection(web, visitor, 'one');
      assertSentBack(await walkEvil(visitor, evil, 'one', { person: { email: undefined } }), 'email_claim_missing');
      assert.deepEqual((await me(visitor)).roles, ['GUEST']);
    });
  });

  describe('disconnect', () => {
    it('OAU-11 takes the identity away and tells the owner; it opens the account no more', async () => {
      const { session, sub } = await connected();
      await stepUp(web, session);
      assertOk(await as(web, session)('DELETE', `${list}/op`));
      await stack.sink.waitFor({ to: session.email, kind: 'provider-disconnected' });
      const who = somebody(web);
      op.people[sub].email = `new-${op.people[sub].email}`;
      assertSent(await walk(who, op, 'op', { person: sub }));
      assert.notEqual((await me(who)).id, session.subject);
    });

    it('OAU-11 is refused without fresh proof, for a password, for what is not there, and for the last way in', async () => {
      const { session } = await connected();
      const bare = { ...session, stepUp: undefined };
      assertProblem(await as(web, bare)('DELETE', `${list}/op`), 401, 'STEP_UP_REQUIRED');
      await stepUp(web, session);
      assertProblem(await as(web, session)('DELETE', `${list}/password`), 400, 'CANNOT_DISCONNECT_PASSWORD');
      assertProblem(await as(web, session)('DELETE', `${list}/two`), 404, 'PROVIDER_NOT_FOUND');
      const alone = await federated();
      assertProblem(await as(web, alone)('DELETE', `${list}/op`), 400, 'CANNOT_DISCONNECT_LAST_PROVIDER');
      assert.deepEqual(await listed(alone), ['op']);
    });
  });

  describe('without a password', () => {
    it('OAU-11 one is added after fresh proof, and opens the account from then on', async () => {
      const who = await federated();
      const path = `${list}/password`;
      assertProblem(await as(web, { ...who, stepUp: undefined })('POST', path, { password: 'another long phrase' }), 401, 'STEP_UP_REQUIRED');
      assert.equal((await as(web, who)('POST', path, { password: 'short' })).status, 400);
      assertOk(await as(web, who)('POST', path, { password: 'another long phrase' }));
      const login = await web.signIn({ email: who.email, password: 'another long phrase', register: false });
      assertOk(login.login);
      assert.deepEqual((await listed(login)).sort(), ['op', 'password']);
      await stepUp(web, login, 'another long phrase');
      assertProblem(await as(web, login)('POST', path, { password: 'yet another long one' }), 409, 'PASSWORD_ALREADY_SET');
    });

    it('LOG-7 a sign-in by password is refused like any other, and the owner is told how to get in', async () => {
      const who = await federated();
      const res = await web.browser().post('/api/auth/login', { email: who.email, password: 'whatever it may be' });
      const unknown = await web.browser().post('/api/auth/login', { email: `nobody-${who.email}`, password: 'whatever it may be' });
      assertProblem(res, 401, unknown.json.code, unknown.json.title);
      await stack.sink.waitFor({ to: who.email, kind: 'identity-provider-info' });
    });

    it('TOT-7 an authenticator app needs one first', async () => {
      const who = await federated();
      assertProblem(await as(web, who)('GET', '/api/auth/2fa/totp/setup'), 400, 'NO_PASSWORD_PROVIDER');
    });
  });

  describe('second factors', () => {
    /** A connected person with TOTP on. */
    async function guarded() {
      const { session, sub } = await connected();
      const { secret } = await enrol(web, session);
      return { sub, secret, subject: session.subject };
    }

    it('OAU-3 are asked for after a provider\'s sign-in too', async () => {
      const { sub, secret, subject } = await guarded();
      const who = somebody(web);
      const res = await walk(who, op, 'op', { person: sub });
      assertSent(res, second);
      assert.deepEqual(res.cookies.filter((c) => c.value).map((c) => c.name), ['two_factor_authentication_token']);
      assertProblem(await who.browser.get('/api/users/me'), 401, 'AUTHENTICATION_REQUIRED');
      nextStep(stack, { subject });
      assertOk(await who.browser.post('/api/auth/2fa/login', { totp: totp(secret) }));
      assert.equal((await me(who)).id, subject);
      const claims = claimsOf(who.browser.cookie('access_token'));
      assert.ok(claims.amr.includes('fed') && claims.amr.includes('otp'), String(claims.amr));
      assert.equal(claims.acr, '2');
    });

    it('A-6.8.4 are not asked for when the provider\'s own are configured to do, and only then', async () => {
      const { sub, subject } = await guarded();
      for (const [answer, enough] of [[{ acr: 'phr' }, true], [{ amr: 'pwd hwk' }, true], [{ acr: 'phrh' }, false], [{ acr: 'PHR' }, false], [{ amr: 'mfa otp' }, false], [{}, false]]) {
        const who = somebody(web);
        const res = await walk(who, op, 'op', { person: sub, ...answer });
        assertSent(res, enough ? done : second);
        if (enough) assert.equal((await me(who)).id, subject);
      }
    });

    it('OAU-6 are asked for in a step-up by provider', async () => {
      const { sub, secret, subject } = await guarded();
      const who = somebody(web);
      assertSent(await walk(who, op, 'op', { person: sub, acr: 'phr' }));
      who.jar.clear();
      const res = await walk(who, op, 'op', { person: sub }, { query: { step_up: 'true' } });
      assertSent(res, second);
      assert.equal(assertOk(await who.browser.get('/api/auth/status')).stepUp, false);
      nextStep(stack, { subject });
      assertOk(await who.browser.post('/api/auth/2fa/step-up', { totp: totp(secret) }));
      assert.equal(assertOk(await who.browser.get('/api/auth/status')).stepUp, true);
    });
  });
});
