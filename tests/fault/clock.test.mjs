// SPDX-License-Identifier: MIT
// Clocks that jump and differ: nothing expired is let in, nobody is logged out.
// Only the pool's clock is changed; the database keeps the time.
import assert from 'node:assert/strict';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import {
  assertOk, assertProblem, auditOf, bin, claimsOf, rfc3339, together,
} from '../http/lib/checks.mjs';
import { own, until } from '../http/lib/process.mjs';
import { assertEnded, assertLives, firm, login, logout, refresh, status } from './lib/asks.mjs';
import { breaking } from './lib/house.mjs';

const limit = { timeout: 120000 };
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
const here = existsSync(library) ? library : `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : process.arch}-linux-gnu/faketime/libfaketime.so.1`;
const HOUR = 3600;
const YEAR = 366 * 86400;
let houses = 0;

/** A house whose pool runs with a clock the test sets. */
function shifted(body) {
  houses += 1;
  const file = `/tmp/gh-clock-${process.pid}-${houses}`;
  const set = (seconds) => {
    writeFileSync(file, `${seconds >= 0 ? '+' : ''}${seconds}\n`);
    own(file);
    utimesSync(file, new Date(), new Date());
  };
  set(0);
  /* The monotonic clock does not jump in the world either. */
  const poolEnv = { LD_PRELOAD: here, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', DONT_FAKE_MONOTONIC: '1' };
  breaking({ poolEnv, proxy: false, config: { log: { format: 'json', level: 'debug' } } }, (house) => body(house, set));
}

/** Seconds the pool's clock differs from ours, by what it logged last. */
function differs(house, pids) {
  const [last] = house.events('http.request').filter((event) => pids.includes(event.pid)).slice(-1);
  return (Date.parse(last.time) - Date.now()) / 1000;
}

shifted((house, set) => {
  const [pool, apache] = ['lighttpd', 'apache'].map((name) => house.web(name));
  const row = (name, body) => it(name, limit, async (t) => {
    set(0);
    await house.ready();
    await body(t);
  });
  const jump = async (seconds) => {
    set(seconds);
    await until(async () => {
      await pool.request('GET', '/healthz');
      return Math.abs(differs(house, house.poolWorkers()) - seconds) < 30;
    }, 'the clock to jump');
  };

  for (const [name, seconds] of Object.entries({ 'forward 90 s': 90, 'forward 1 h': HOUR, 'forward 1 y': YEAR, 'backward 90 s': -90, 'backward 1 h': -HOUR, 'backward 1 y': -YEAR })) {
    row(`F23 one host's clock ${name}: nobody is logged out, and both hosts take each other's tokens`, async () => {
      const before = await apache.signIn();
      const mine = await pool.signIn();
      await jump(seconds);
      for (const session of [before, mine]) for (const web of house.webs) assertOk(await status(web, session.accessToken));
      const made = assertOk(await firm(() => login(pool, before.email)));
      for (const web of house.webs) {
        assertOk(await status(web, made.accessToken));
        for (const from of [before, mine, made]) {
          const child = assertOk(await refresh(web, from.refreshToken));
          for (const at of house.webs) assertOk(await status(at, child.accessToken));
          Object.assign(from, child);
        }
      }
      set(0);
      for (const session of [before, mine, made]) for (const web of house.webs) await assertLives(web, session);
      assert.deepEqual(auditOf(house, 'token.reuse'), []);
    });
  }

  row('F23 a step in the middle of requests is not noticed', async () => {
    const session = await pool.signIn();
    const answers = [];
    for (const seconds of [HOUR, -HOUR, YEAR, 0, -YEAR, 90, 0]) {
      const flying = together(6, (i) => (i % 2 ? status(pool, session.accessToken) : refresh(pool, session.refreshToken)));
      set(seconds);
      answers.push(...await flying);
    }
    for (const res of answers) assertOk(res);
    await assertLives(pool, session);
  });

  row('F23 a clock that is behind lets nothing in that has expired', async () => {
    const session = await pool.signIn();
    house.sql(`UPDATE session SET created_us = created_us - 9000000000000, active_us = active_us - 9000000000000, expires_us = expires_us - 9000000000000 WHERE id = ${bin(session.sessionId)}`);
    for (const seconds of [0, -HOUR, -YEAR]) {
      await jump(seconds);
      assertProblem(await status(pool, session.accessToken), 401, 'SESSION_EXPIRED');
      assertProblem(await refresh(pool, session.refreshToken), 401, 'SESSION_EXPIRED');
    }
  });

  row('F24 a leap second: a second that is told twice, or left out, changes nothing', async () => {
    const session = await pool.signIn();
    for (const seconds of [-1, 0, 1, 0]) {
      const flying = together(6, (i) => (i % 2 ? status : refresh)(house.webs[i % 2], i % 2 ? session.accessToken : session.refreshToken));
      set(seconds);
      for (const res of await flying) assertOk(res);
      for (const web of house.webs) {
        const made = assertOk(await login(web, session.email));
        for (const at of house.webs) assertOk(await status(at, made.accessToken));
        assertOk(await logout(web, made));
        for (const at of house.webs) await assertEnded(at, made);
      }
    }
    assert.deepEqual(auditOf(house, 'token.reuse', { session: session.sessionId }), []);
    await assertLives(pool, session);
  });

  row('F24 times beyond 2038 and 2106 are whole', async () => {
    for (const year of [2039, 2107, 2500]) {
      const session = await pool.signIn();
      house.sql(`UPDATE session SET expires_us = ${Date.UTC(year, 1, 29, 12) * 1000} WHERE id = ${bin(session.sessionId)}`);
      for (const web of house.webs) {
        const json = assertOk(await status(web, session.accessToken));
        assert.match(json.expiresAt, rfc3339);
        assert.equal(new Date(json.expiresAt).getTime(), Date.UTC(year, 1, 29, 12));
      }
      assertOk(await refresh(pool, session.refreshToken));
    }
    set(Math.round(Date.UTC(2040, 0, 1) / 1000 - Date.now() / 1000));
    const made = assertOk(await login(pool, (await apache.signIn()).email));
    for (const web of house.webs) await assertLives(web, made);
  });
});

breaking({ name: 'whose database answers late', config: { server: { workers: 1 }, database: { read_timeout: 6 }, tokens: { leeway: 1 } } }, (house) => {
  it('F23 F8 an answer that was held up does not set a worker back: what others have just made is good', limit, async () => {
    const web = house.web('lighttpd');
    const { email, accessToken } = await web.signIn();
    assertOk(await status(web, accessToken));
    await house.proxy.late(4000, '^SELECT');
    assertOk(await status(web, accessToken));
    const { json } = await login(house.web('apache'), email);
    assertOk(await status(web, json.accessToken));
  });
});

shifted((house, set) => {
  it('F23 an access token ends by the database\'s time, whatever the host thinks', limit, async () => {
    house.reconfigure({ ...house.overrides, tokens: { access_lifetime: 5 } });
    await house.restartPool();
    await house.restartWeb('apache');
    const web = house.web();
    const session = await web.signIn();
    const { exp } = claimsOf(session.accessToken);
    set(-HOUR);
    await until(() => Number(house.sql('SELECT UNIX_TIMESTAMP(NOW(6))')[0][0]) > exp + 0.1, 'the token to end');
    for (const each of house.webs) assertProblem(await status(each, session.accessToken), 401, 'ACCESS_TOKEN_EXPIRED');
    await assertLives(web, assertOk(await refresh(web, session.refreshToken)));
  });
});
