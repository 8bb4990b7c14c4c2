// SPDX-License-Identifier: MIT
// A real Chromium goes to the provider and back, with cookies as they are
// shipped: Secure and SameSite=Strict. The provider is another site.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { startChromium } from './lib/browser.mjs';
import { assertOk } from './lib/checks.mjs';
import { until } from './lib/process.mjs';
import { done, failed, newPerson, oauth2Config, startCertified } from './lib/oauth2.mjs';

const { op, sections } = await startCertified();
let chromium;
before(async () => { chromium = await startChromium(); });
after(() => Promise.all([op.stop(), chromium?.stop()]));

const password = 'a long enough phrase';

through({ config: { ...oauth2Config({ op: sections.op }), two_factor: { email_default: 'no' }, accounts: { guests: 'yes', guest_limit: 100000 } } }, (web) => {
  const start = (query = {}) => `/api/auth/oauth2/authorization/op?${new URLSearchParams({ redirect_uri: done, ...query })}`;

  /** Follows a link of the application to the provider. */
  async function leave(person, path) {
    await person.page.evaluate((href) => {
      const link = document.createElement('a');
      link.href = href;
      link.textContent = 'Go';
      document.body.append(link);
    }, path);
    await person.page.click('text=Go');
  }

  /** Says who one is there, and waits until that is done. */
  async function say(person, sub, to = done) {
    await person.page.waitForURL(`${op.issuer}/**`);
    await person.page.fill('#person', sub);
    await Promise.all([person.page.waitForURL((url) => url.href.startsWith(to)), person.page.click('#go')]);
  }

  async function visitor() {
    const person = await chromium.person(web);
    await person.go('/app/');
    return person;
  }

  async function registered(sub) {
    const person = await visitor();
    await leave(person, start());
    await say(person, sub);
    return person;
  }

  it('OAU-1 OAU-2 OAU-3 registers, and signs the same person in from another browser', async () => {
    const sub = newPerson(op, { name: 'Ann Chrome' });
    const person = await registered(sub);
    assert.equal(person.page.url(), done);
    const me = assertOk(await person.call('GET', '/api/users/me'));
    assert.equal(me.name, 'Ann Chrome');
    for (const name of ['access_token', 'refresh_token']) {
      const cookie = await person.cookie(name);
      assert.deepEqual([cookie?.sameSite, cookie?.secure, cookie?.httpOnly], ['Strict', true, true], name);
    }
    assert.doesNotMatch(await person.page.evaluate(() => `${document.cookie} ${location.href} ${JSON.stringify(localStorage)}`), /eyJ|token/);
    const again = await registered(sub);
    assert.equal(assertOk(await again.call('GET', '/api/users/me')).id, me.id);
    assert.equal(assertOk(await again.call('GET', '/api/auth/sessions')).length, 2);
    await person.leave();
    await again.leave();
  });

  it('OAU-6 is stepped up by the provider, which asks again', async () => {
    const sub = newPerson(op);
    const person = await registered(sub);
    const before_ = assertOk(await person.call('GET', '/api/auth/status'));
    assert.equal(before_.stepUp, false);
    await leave(person, start({ step_up: 'true' }));
    await say(person, sub);
    const status = assertOk(await person.call('GET', '/api/auth/status'));
    assert.deepEqual([status.stepUp, status.sessionId], [true, before_.sessionId]);
    assert.equal((await person.cookie('step_up_token')).sameSite, 'Strict');
    await person.leave();
  });

  it('OAU-7 OAU-10 connects the provider to an account with a password, and signs in by it', async () => {
    const sub = newPerson(op);
    const email = `chrome-${sub}@example.org`;
    const person = await visitor();
    assertOk(await person.call('POST', '/api/auth/register', { email, password, name: 'Ann' }));
    assertOk(await person.call('POST', '/api/auth/login', { email, password }));
    const { sessionId } = assertOk(await person.call('GET', '/api/auth/status'));
    assertOk(await person.call('POST', '/api/auth/step-up', { password }));
    assertOk(await person.call('POST', '/api/users/me/providers/oauth2/token', { provider: 'op' }));
    assert.equal((await person.cookie('oauth2_provider_connection_token')).sameSite, 'Lax');
    await leave(person, start());
    await say(person, sub);
    assert.equal(assertOk(await person.call('GET', '/api/auth/status')).sessionId, sessionId);
    assert.match((await person.call('GET', '/api/users/me/providers')).text, /"op"/);
    const { id } = assertOk(await person.call('GET', '/api/users/me'));
    const other = await registered(sub);
    assert.equal(assertOk(await other.call('GET', '/api/users/me')).id, id);
    await person.leave();
    await other.leave();
  });

  it('OAU-9 a guest becomes a user', async () => {
    const person = await visitor();
    assertOk(await person.call('POST', '/api/guests', { name: 'Visitor' }));
    const { id } = assertOk(await person.call('GET', '/api/users/me'));
    assertOk(await person.call('POST', '/api/auth/step-up', {}));
    assertOk(await person.call('POST', '/api/users/me/providers/oauth2/token', { provider: 'op' }));
    await leave(person, start());
    await say(person, newPerson(op));
    const me = assertOk(await person.call('GET', '/api/users/me'));
    assert.deepEqual([me.id, me.roles], [id, ['USER']]);
    await person.leave();
  });

  it('F55 OAU-4 an address from somebody else\'s browser signs nobody in', async () => {
    const attacker = await visitor();
    attacker.front.held = /\/oauth2\/callback\//;
    await leave(attacker, start());
    await attacker.page.waitForURL(`${op.issuer}/**`);
    await attacker.page.fill('#person', newPerson(op));
    await attacker.page.click('#go', { noWaitAfter: true });
    const stolen = await until(() => attacker.front.caught, 'the address to come back to');
    attacker.front.held = undefined;
    const victim = await visitor();
    await victim.go(stolen);
    assert.equal(new URL(victim.page.url()).searchParams.get('code'), 'session_token_missing');
    assert.ok(victim.page.url().startsWith(failed));
    assert.equal(await victim.cookie('access_token'), undefined);
    await attacker.leave();
    await victim.leave();
  });

  it('tells the page of failures when the person declines', async () => {
    const person = await visitor();
    await leave(person, start());
    await say(person, 'nobody at all', failed);
    assert.equal(new URL(person.page.url()).searchParams.get('code'), 'authentication_failed');
    await person.leave();
  });
});
