// SPDX-License-Identifier: MIT
// Sessions used by something else than before: the table of gatehouse.conf(5),
// a test per row.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { through } from './lib/stack.mjs';
import { assertOk, assertProblem, auditOf, bearer, chrome, mailsTo, move, sessionRow, tally, together } from './lib/checks.mjs';
import { addresses, world } from './lib/mmdb.mjs';
import { folder, own, remove } from './lib/process.mjs';

const dir = folder('gh-watch-');
const database = join(dir, 'world.mmdb');
writeFileSync(database, world());
own(database);
after(() => remove(dir));

const linux = chrome.replace('Windows NT 10.0; Win64; x64', 'X11; Linux x86_64');
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0';
const { berlin, potsdam, paris, newYork, losAngeles } = addresses;
const hour = 3600;
/** Kind: the first use, the second, and the seconds between them. */
const rows = {
  browser: [[chrome, berlin], [firefox, berlin], 0],
  os: [[chrome, berlin], [linux, berlin], 0],
  country: [[chrome, berlin], [chrome, paris], 10 * hour],
  travel: [[chrome, newYork], [chrome, losAngeles], 0],
};
/** What looks like one of them and is none. */
const innocent = {
  'a newer version of the browser': [[chrome, berlin], [chrome.replace('126', '127'), berlin], 0],
  'a newer version of the system': [[chrome, berlin], [chrome.replace('NT 10.0', 'NT 6.1'), berlin], 0],
  'no User-Agent at all': [[chrome, berlin], [undefined, berlin], 0],
  'a User-Agent nobody knows': [[chrome, berlin], ['something', berlin], 0],
  'an address without a place': [[chrome, berlin], [chrome, addresses.nowhere], 0],
  'a private address': [[chrome, berlin], [chrome, addresses.private], 0],
  'an address whose entry is damaged': [[chrome, berlin], [chrome, addresses.damaged], 0],
  'a place after none': [[chrome, addresses.nowhere], [chrome, paris], 0],
  'a town nearby': [[chrome, berlin], [chrome, potsdam], 0],
  'a journey that takes its time': [[chrome, newYork], [chrome, losAngeles], 6 * hour],
};

function headersOf([agent, ip]) {
  return { ...(agent && { 'User-Agent': agent }), 'X-Forwarded-For': ip };
}

function config(watch, more = {}) {
  return {
    geoip: { database }, watch, two_factor: { email_default: 'no' },
    http: { public_url: 'https://id.example.test', require_https: 'no', trusted_proxies: '127.0.0.1' }, ...more,
  };
}

/** Somebody signed in with a first use that was so many seconds ago. */
async function someone(web, stack, first, ago) {
  const email = `${Math.random().toString(36).slice(2)}@example.org`;
  const json = { email, password: 'a long enough phrase' };
  assertOk(await web.request('POST', '/api/auth/register', { json }));
  const login = assertOk(await web.request('POST', '/api/auth/login', { json, headers: headersOf(first) }));
  if (ago > 0) move(stack, login.sessionId, { active_us: -ago, created_us: -ago, place_us: -ago });
  return { ...login, email, subject: login.user.id };
}

const ways = {
  'a use': (web, who, use) => web.request('GET', '/api/auth/sessions', { headers: { ...headersOf(use), ...bearer(who.accessToken) } }),
  'a refresh': (web, who, use) => web.request('POST', '/api/auth/refresh', { headers: { ...headersOf(use), ...bearer(who.refreshToken) } }),
};

function suspicions(stack, who) {
  return auditOf(stack, 'session.suspicious', { session: who.sessionId }).map((e) => JSON.parse(e.detail));
}

function assertStepUp(res) {
  assertProblem(res, 401, 'STEP_UP_REQUIRED');
  assert.match(res.headers['www-authenticate'], /error="insufficient_user_authentication".*max_age="300"/);
}

/** A use is refused; a refresh gives tokens that open as little, and tells
 *  nothing of whose they are. */
async function assertWaits(web, use, res) {
  if (res.status !== 200) return assertStepUp(res);
  const next = assertOk(res);
  assert.deepEqual([next.stepUpRequired, next.principal.email, next.principal.name, next.principal.roles], [true, null, null, []]);
  return assertStepUp(await ways['a use'](web, next, use));
}

/** What each policy makes of a second use, and of those after it. */
const policies = {
  log: async (web, stack, who, res) => {
    assertOk(res);
    assert.equal(await mailsTo(stack, who, 'suspicious'), 0);
  },
  notify: async (web, stack, who, res) => {
    assertOk(res);
  },
  'step-up': async (web, stack, who, res, use) => {
    await assertWaits(web, use, res);
    for (const way of Object.values(ways)) await assertWaits(web, use, await way(web, who, use));
    const headers = { ...headersOf(use), ...bearer(who.accessToken) };
    assertStepUp(await web.request('GET', '/api/auth/session/data', { headers }));
    assertOk(await web.request('GET', '/api/auth/status', { headers }));
    assertProblem(await web.request('POST', '/api/auth/step-up', { headers, json: { password: 'not the phrase' } }), 401, 'INVALID_CREDENTIALS');
    assertStepUp(await ways['a use'](web, who, use));
    assertOk(await web.request('POST', '/api/auth/step-up', { headers, json: { password: 'a long enough phrase' } }));
    for (const way of Object.values(ways)) assertOk(await way(web, who, use));
    assert.equal(assertOk(await ways['a refresh'](web, who, use)).stepUpRequired, false);
    assertOk(await web.request('POST', '/api/auth/logout', { headers }));
  },
  revoke: async (web, stack, who, res, use) => {
    assertProblem(res, 401, 'SESSION_INVALID');
    assert.equal(sessionRow(stack, who.sessionId, 'revoked_reason')[0], 'suspicious');
    for (const way of Object.values(ways)) assertProblem(await way(web, who, use), 401, 'SESSION_INVALID');
    assert.equal(auditOf(stack, 'session.revoked', { session: who.sessionId }).length, 1);
  },
};

for (const [policy, check] of Object.entries(policies)) {
  const watch = Object.fromEntries(Object.keys(rows).map((kind) => [kind, policy]));

  through({ name: `policy ${policy}`, sink: {}, config: config(watch) }, (web, stack) => {
    for (const [kind, [first, second, ago]] of Object.entries(rows)) {
      for (const [way, use] of Object.entries(ways)) {
        it(`SA-35 SA-36 A-8.2.4 A-6.3.5 ${kind}, ${policy}: by ${way}`, async () => {
          const who = await someone(web, stack, first, ago);
          const res = await use(web, who, second);
          assert.deepEqual(suspicions(stack, who).map((d) => [d.kind, d.policy]), [[kind, policy]]);
          if (policy !== 'log') {
            const mail = await stack.sink.waitFor({ to: who.email, kind: 'suspicious' });
            assert.match(mail.text, new RegExp(`\\(${kind}\\)`));
            assert.equal(mail.links.filter((l) => l.includes('/account/sign-out-device?token=')).length, 1);
          }
          await check(web, stack, who, res, second);
          assert.equal(suspicions(stack, who).length, 1, 'told once');
          assert.equal(await mailsTo(stack, who, 'suspicious'), policy === 'log' ? 0 : 1);
        });
      }
    }

    if (policy === 'step-up') {
      it('A-8.2.4 who needs longer for the proof than an access token lives refreshes, and then gives it', async () => {
        const [first, second] = rows.os;
        const who = await someone(web, stack, first, 0);
        assertStepUp(await ways['a use'](web, who, second));
        const next = assertOk(await ways['a refresh'](web, who, second));
        const headers = { ...headersOf(second), ...bearer(next.accessToken) };
        assertOk(await web.request('GET', '/api/auth/status', { headers }));
        for (const [method, path] of [['GET', '/api/users/me'], ['GET', '/api/auth/session/data'], ['DELETE', '/api/auth/sessions/others']]) {
          assertStepUp(await web.request(method, path, { headers }));
        }
        assertOk(await web.request('POST', '/api/auth/step-up', { headers, json: { password: 'a long enough phrase' } }));
        assertOk(await web.request('GET', '/api/users/me', { headers }));
        const last = assertOk(await ways['a refresh'](web, next, second));
        assert.deepEqual([last.stepUpRequired, last.principal.email], [false, who.email]);
      });
    }

    if (policy === 'log') return;
    it(`SA-36 of parallel uses one tells of it: ${policy}`, async () => {
      const who = await someone(web, stack, rows.os[0], 0);
      const answers = await together(8, () => ways['a use'](web, who, rows.os[1]));
      assert.deepEqual(tally(answers), { [policy === 'notify' ? 200 : 401]: 8 });
      assert.equal(suspicions(stack, who).length, 1);
      await stack.sink.waitFor({ to: who.email, kind: 'suspicious' });
      assert.equal(await mailsTo(stack, who, 'suspicious'), 1);
    });
  });
}

const strict = Object.fromEntries(Object.keys(rows).map((kind) => [kind, 'revoke']));

through({ name: 'innocent', sink: {}, config: config(strict) }, (web, stack) => {
  for (const [what, [first, second, ago]] of Object.entries(innocent)) {
    for (const [way, use] of Object.entries(ways)) {
      it(`SA-35 ${what} is no suspicion, by ${way}`, async () => {
        const who = await someone(web, stack, first, ago);
        assertOk(await use(web, who, second));
        assert.deepEqual(suspicions(stack, who), []);
      });
    }
  }

  it('SA-35 a change that hides behind an unknown one is seen', async () => {
    const who = await someone(web, stack, [chrome, berlin], 0);
    assertOk(await ways['a use'](web, who, ['something', berlin]));
    assertProblem(await ways['a use'](web, who, [firefox, berlin]), 401, 'SESSION_INVALID');
  });

  it('GEO-1 a session goes to where it is used', async () => {
    const who = await someone(web, stack, [chrome, berlin], hour);
    const [session] = assertOk(await ways['a use'](web, who, [chrome, potsdam]));
    assert.equal(session.location.city, 'Potsdam');
  });
});

through({ name: 'defaults', sink: {}, config: config({}) }, (web, stack) => {
  it('SA-36 by default another browser is written down, all else is told', async () => {
    const expected = { browser: 'log', os: 'notify', country: 'notify', travel: 'notify' };
    for (const [kind, [first, second, ago]] of Object.entries(rows)) {
      const who = await someone(web, stack, first, ago);
      assertOk(await ways['a use'](web, who, second));
      assert.deepEqual(suspicions(stack, who).map((d) => [d.kind, d.policy]), [[kind, expected[kind]]]);
      if (expected[kind] === 'notify') await stack.sink.waitFor({ to: who.email, kind: 'suspicious' });
      else assert.equal(await mailsTo(stack, who, 'suspicious'), 0);
    }
  });

  it('A-6.3.5 of several changes at once each is an event, and one mail names the weightiest', async () => {
    const who = await someone(web, stack, [chrome, berlin], 0);
    assertOk(await ways['a use'](web, who, [linux, addresses.tokyo]));
    assert.deepEqual(suspicions(stack, who).map((d) => d.kind), ['os', 'country', 'travel']);
    assert.match((await stack.sink.waitFor({ to: who.email, kind: 'suspicious' })).text, /\(travel\)/);
    assert.equal(await mailsTo(stack, who, 'suspicious'), 1);
  });

  it('A-6.3.5 two that take turns do not fill the mailbox', async () => {
    const who = await someone(web, stack, [chrome, berlin], 0);
    for (const agent of [linux, chrome, linux, chrome]) assertOk(await ways['a use'](web, who, [agent, berlin]));
    assert.equal(suspicions(stack, who).length, 4);
    await stack.sink.waitFor({ to: who.email, kind: 'suspicious' });
    assert.equal(await mailsTo(stack, who, 'suspicious'), 1);
  });
});

through({ name: 'without alerts', sink: {}, config: config({}, { alerts: { suspicious: 'no' } }) }, (web, stack) => {
  it('ALR-1 nothing is mailed with its switch off', async () => {
    const who = await someone(web, stack, rows.os[0], 0);
    assertOk(await ways['a use'](web, who, rows.os[1]));
    assert.equal(suspicions(stack, who).length, 1);
    assert.equal(await mailsTo(stack, who, 'suspicious'), 0);
  });
});

through({ name: 'introspection', config: config(strict) }, (web, stack) => {
  describe('a session that waits for a fresh proof', () => {
    it('is inactive to back ends', async () => {
      const [{ key }] = stack.ctlRows('api-key', 'create', `watch-${web.name}`);
      const who = await someone(web, stack, [chrome, berlin], 0);
      const ask = async (token) => assertOk(await web.request('POST', '/api/auth/introspect', { json: { token }, headers: bearer(key) })).active;
      assert.deepEqual([await ask(who.accessToken), await ask(who.refreshToken)], [true, true]);
      stack.sql(`UPDATE session SET step_up_required_us = 1 WHERE id = UNHEX('${who.sessionId.replaceAll('-', '')}')`);
      assert.deepEqual([await ask(who.accessToken), await ask(who.refreshToken)], [false, false]);
    });

    it('a back end that asks is no other device', async () => {
      const [{ key }] = stack.ctlRows('api-key', 'create', `watch-other-${web.name}`);
      const who = await someone(web, stack, [chrome, berlin], 0);
      const headers = { ...bearer(key), 'User-Agent': firefox, 'X-Forwarded-For': addresses.tokyo };
      assert.equal(assertOk(await web.request('POST', '/api/auth/introspect', { json: { token: who.accessToken }, headers })).active, true);
      assert.deepEqual(suspicions(stack, who), []);
    });
  });
});
