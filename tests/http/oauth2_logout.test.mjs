// SPDX-License-Identifier: MIT
// A provider ends what it began (OpenID Connect Back-Channel Logout 1.0).
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf } from './lib/checks.mjs';
import { until } from './lib/process.mjs';
import { assertSent, newPerson, oauth2Config, somebody, startCertified, startEvil, walk, walkEvil } from './lib/oauth2.mjs';

const { op, sections, deliverTo } = await startCertified();
const { evil, section } = await startEvil();
after(() => Promise.all([op.stop(), evil.stop()]));
const now = () => Math.floor(Date.now() / 1000);

through({ config: { ...oauth2Config({ ...sections, one: section('one'), two: section('two') }), two_factor: { email_default: 'no' } } }, (web, stack) => {
  const alive = async (who) => (await who.browser.get('/api/users/me')).status === 200;
  const tell = (name, token, options = {}) => web.request('POST', `/api/auth/oauth2/backchannel-logout/${name}`, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ logout_token: token }).toString(), ...options,
  });

  /** Somebody signed in through `one`, in a session there of that name. */
  async function signedIn(sub, sid, name = 'one') {
    const who = somebody(web);
    assertSent(await walkEvil(who, evil, name, { person: { sub, email: `${sub}-${name}@example.org` }, claims: { sid } }));
    assert.ok(await alive(who));
    return who;
  }

  let people = 0;
  const person = () => `${web.name}-${people += 1}`;

  it('A-7.6.1 who signs out at the certified provider is signed out here, and only there', async () => {
    deliverTo(web);
    const sub = newPerson(op);
    const [here, elsewhere] = [somebody(web), somebody(web)];
    assertSent(await walk(here, op, 'op', { person: sub }));
    assertSent(await walk(elsewhere, op, 'op', { person: sub }));
    const known = op.delivered.length;
    await op.signOut(here.jar);
    await until(() => op.delivered.length > known, 'the provider to tell');
    assert.deepEqual(op.delivered.slice(known).map((d) => d.status), [200]);
    assertProblem(await here.browser.get('/api/users/me'), 401, 'SESSION_INVALID');
    assert.ok((await here.browser.post('/api/auth/refresh', {})).status === 401);
    assert.ok(await alive(elsewhere));
  });

  it('A-7.6.1 by its session id ends that session through either web server', async () => {
    const sub = person();
    const [a, b] = [await signedIn(sub, 'a'), await signedIn(sub, 'b')];
    const res = await tell('one', await evil.logoutToken('one', { sub, sid: 'a' }));
    assert.equal(res.status, 200, res.text);
    assert.equal(res.headers['cache-control'], 'no-store');
    const headers = { Authorization: `Bearer ${a.browser.cookie('access_token')}` };
    for (const house of [web, web.other]) assertProblem(await house.request('GET', '/api/users/me', { headers }), 401, 'SESSION_INVALID');
    assert.ok(await alive(b));
  });

  it('A-7.6.1 by subject alone ends all the provider began for that person, and nothing else', async () => {
    const [sub, another] = [person(), person()];
    const mine = [await signedIn(sub, 'a'), await signedIn(sub, undefined)];
    const others = [await signedIn(another, 'a'), await signedIn(sub, 'a', 'two'), await web.signIn()];
    assert.equal((await tell('one', await evil.logoutToken('one', { sub }))).status, 200);
    for (const who of mine) assert.equal(await alive(who), false);
    for (const who of others) assert.ok(await alive(who));
  });

  it('a second telling changes nothing, and an unknown person is no error', async () => {
    const sub = person();
    await signedIn(sub, 'a');
    const token = await evil.logoutToken('one', { sub, sid: 'a' });
    assert.equal((await tell('one', token)).status, 200);
    const again = await tell('one', token);
    assert.ok([200, 400].includes(again.status), again.text);
    assert.equal((await tell('one', await evil.logoutToken('one', { sub: 'nobody' }))).status, 200);
  });

  it('ends no session that began after it was written', async () => {
    const sub = person();
    const token = await evil.logoutToken('one', { sub, iat: now() - 60 });
    const who = await signedIn(sub, 'a');
    await tell('one', token);
    assert.ok(await alive(who));
  });

  it('leaves an event', async () => {
    const sub = person();
    const who = await signedIn(sub, 'a');
    const { sessionId } = assertOk(await who.browser.get('/api/auth/status'));
    assert.equal((await tell('one', await evil.logoutToken('one', { sub, sid: 'a' }))).status, 200);
    const kinds = stack.sql(`SELECT kind FROM event WHERE session_id = UNHEX('${sessionId.replaceAll('-', '')}')`).map(([kind]) => kind);
    assert.ok(kinds.some((kind) => /revoked|logout|sign_out|ended/.test(kind)), String(kinds));
    assert.ok(auditOf(stack, kinds.at(-1), { session: sessionId }).length > 0);
  });

  describe('is refused, and ends nothing', () => {
    const cases = {
      'A-6.8.2 unsigned': [{}, { sign: 'none' }],
      'A-6.8.2 signed with the public key as secret': [{}, { sign: 'HS256' }],
      'A-6.8.2 signed by a stranger': [{}, { sign: 'stranger' }],
      'A-10.5.3 of another issuer': [{ iss: 'http://127.0.0.1:9/elsewhere' }],
      'A-10.5.4 for another client': [{ aud: 'another' }],
      'with a nonce, as ID tokens have it': [{ nonce: 'n' }],
      'without the event': [{ events: undefined }],
      'with another event': [{ events: { 'http://schemas.openid.net/event/other': {} } }],
      'with an event that is no object': [{ events: { 'http://schemas.openid.net/event/backchannel-logout': true } }],
      'of nobody': [{ sub: undefined, sid: undefined }],
      'without a time': [{ iat: undefined }],
      'that is over': [{ iat: now() - 7200, exp: now() - 3600 }],
      'from the future': [{ iat: now() + 3600, exp: now() + 7200 }],
    };
    for (const [name, [claims, options]] of Object.entries(cases)) {
      it(name, async () => {
        const sub = person();
        const who = await signedIn(sub, 'a');
        const res = await tell('one', await evil.logoutToken('one', { sub, sid: 'a', ...claims }, options));
        assert.equal(res.status, 400, res.text);
        assert.ok(await alive(who));
      });
    }

    it('R9207-2.4 by another provider\'s address', async () => {
      const sub = person();
      const who = await signedIn(sub, 'a');
      const token = await evil.logoutToken('one', { sub, sid: 'a' });
      assert.equal((await tell('two', token)).status, 400);
      assert.equal((await tell('one', await evil.logoutToken('two', { sub, sid: 'a' }))).status, 400);
      assert.ok(await alive(who));
    });

    it('as anything but one form field', async () => {
      const token = await evil.logoutToken('one', { sub: person() });
      const path = '/api/auth/oauth2/backchannel-logout/one';
      const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
      for (const [options, status] of [
        [{ headers: { 'Content-Type': 'text/plain' }, body: `logout_token=${token}` }, 415], [{ headers: form, body: '' }, 400], [{ headers: form, body: 'logout_token=' }, 400], [{ headers: form, body: 'logout_token=x.y.z' }, 400],
        [{ headers: form, body: `logout_token=${token}&logout_token=${token}` }, 400], [{ headers: form, body: `logout_token=${'A'.repeat(100000)}` }, undefined],
      ]) {
        const res = await web.request('POST', path, options);
        assert.ok(status === undefined ? [400, 413].includes(res.status) : res.status === status, `${JSON.stringify(options).slice(0, 100)} ${res.status} ${res.text}`);
      }
      assert.equal((await web.request('GET', `${path}?logout_token=${token}`)).status, 405);
      assertProblem(await tell('nobody', token), 404, 'PROVIDER_NOT_FOUND');
    });
  });
});
