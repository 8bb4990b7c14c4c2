// SPDX-License-Identifier: MIT
// MariaDB killed, away, frozen, slow, read-only, full of connections or bored:
// nobody is logged out, nothing acknowledged is lost, and service comes back by
// itself, in the same processes.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { it } from 'node:test';
import { assertOk, auditOf, sessionRow, together } from '../http/lib/checks.mjs';
import { stop, until } from '../http/lib/process.mjs';
import { sourceRoot } from '../http/lib/stack.mjs';
import {
  PASSWORD, assertAway, assertEnded, assertLives, assertOnly, firm, load, login, logout, refresh, revoke, status, tallied,
} from './lib/asks.mjs';
import { breaking, full, pause } from './lib/house.mjs';

const limit = { timeout: 120000 };
/* read_timeout, connect_timeout and what a loaded machine adds. */
const patience = 12000;

breaking({}, (house) => {
  const row = (name, body) => it(name, limit, async (t) => {
    await house.proxy.heal();
    await house.ready();
    await body(house.web('lighttpd'), t);
  });
  const processesOfPool = () => house.poolWorkers().join(' ');
  const sessionsOf = (subject) => house.sql(`SELECT id FROM session WHERE subject = '${subject}'`).length;

  row('F6 MariaDB killed and restarted under load: what was acknowledged is there, workers reconnect', async (web, t) => {
    const live = await web.signIn();
    const busy = await web.signIn();
    const gone = await web.signIn();
    const child = assertOk(await refresh(web, live.refreshToken));
    assertOk(await status(web, child.accessToken));
    assertOk(await logout(web, gone));
    const workers = processesOfPool();
    const traffic = load(6, (lane) => status(lane % 2 ? web : web.other, busy.accessToken));
    await until(() => traffic.answers.length > 20, 'traffic');
    await house.databaseKill();
    await until(() => traffic.answers.slice(-6).every((a) => a.status !== 200), 'the outage to be felt');
    assertAway(await refresh(web, child.refreshToken));
    await house.databaseBack();
    await until(() => traffic.answers.slice(-12).every((a) => a.status === 200), 'service', { limitMs: 30000 });
    const answers = await traffic.stop();
    t.diagnostic(JSON.stringify(tallied(answers)));
    assertOnly(answers, 200, 503);
    assert.equal(processesOfPool(), workers, 'no worker was replaced');
    for (const each of house.webs) {
      await assertEnded(each, gone);
      await assertLives(each, { accessToken: child.accessToken, refreshToken: child.refreshToken });
    }
  });

  row('F7 MariaDB down at start and for long: workers stay up, 503 with Retry-After, back by itself', async (web) => {
    const session = await web.signIn();
    for (const name of house.wanted) await stop(house.children[name]);
    await stop(house.children.pool);
    await house.databaseAway();
    await house.startPool();
    for (const name of house.wanted) await house.startWeb(name);
    const workers = processesOfPool();
    const end = performance.now() + (full ? 60000 : 2500);
    let asked = 0;
    do {
      for (const each of house.webs) {
        assertAway(await status(each, session.accessToken));
        assertAway(await refresh(each, session.refreshToken));
        assertAway(await login(each, session.email));
        assert.equal((await each.request('GET', '/healthz')).status, 200);
        asked += 1;
      }
      await pause(100);
    } while (performance.now() < end);
    assert.ok(asked > 4);
    assert.equal(processesOfPool(), workers, 'no worker was replaced');
    await house.databaseBack();
    await house.ready();
    for (const each of house.webs) await assertLives(each, session);
    assert.equal((await firm(() => login(web, session.email))).status, 200, 'the outage cost no try');
  });

  row('F8 MariaDB frozen: every request ends within the read timeout, no pile-up afterwards', async (web, t) => {
    const session = await web.signIn();
    const before = house.sql('SHOW PROCESSLIST').length;
    const workers = processesOfPool();
    house.signalDatabase('SIGSTOP');
    const traffic = load(8, (lane) => (lane % 2 ? status : refresh)(lane % 4 < 2 ? web : web.other, lane % 2 ? session.accessToken : session.refreshToken));
    await pause(full ? 60000 : 6000); /* the time it is frozen is the fault */
    house.signalDatabase('SIGCONT');
    await until(() => traffic.answers.slice(-8).every((a) => a.status === 200), 'service', { limitMs: 30000 });
    const answers = await traffic.stop();
    t.diagnostic(`${JSON.stringify(tallied(answers))} slowest ${Math.round(Math.max(...answers.map((a) => a.ms)))} ms`);
    assertOnly(answers, 200, 503);
    assert.ok(answers.some((a) => a.status === 503));
    for (const a of answers) assert.ok(a.ms < patience, `${a.ms} ms`);
    for (const a of answers.filter((x) => x.status === 503)) assertAway(a.res);
    assert.equal(processesOfPool(), workers, 'no worker hung until the watchdog');
    /* Those that were cut off in the middle go as soon as MariaDB sees it. */
    const most = before + house.poolWorkers().length + house.fcgidWorkers().length;
    await until(() => house.sql('SHOW PROCESSLIST').length <= most, 'the old connections to go');
    await assertLives(web, session);
  });

  row('F9 slow database: answers or 503 in bounded time, and what needs no database still answers', async (web, t) => {
    const session = await web.signIn();
    await house.proxy.delay(200);
    const slow = load(6, (lane) => status(lane % 2 ? web : web.other, session.accessToken));
    await until(() => slow.answers.length > 12, 'slow answers', { limitMs: 60000 });
    assertOnly(await slow.stop(), 200);
    await house.proxy.delay(6000);
    const stuck = load(4, (lane) => status(lane % 2 ? web : web.other, session.accessToken));
    const health = load(1, () => web.request('GET', '/healthz'));
    await until(() => stuck.answers.length > 8 && health.answers.length > 2, 'refusals', { limitMs: 60000 });
    await house.proxy.heal();
    const answers = await stuck.stop();
    assertOnly(await health.stop(), 200);
    for (const a of [...answers, ...health.answers]) assert.ok(a.ms < patience, `${a.ms} ms`);
    assert.ok(answers.some((a) => a.status === 503));
    assertOnly(answers, 200, 503);
    t.diagnostic(JSON.stringify(tallied(answers)));
    await assertLives(web, session);
  });

  row('F12 read-only: checks go on, writes are 503, nobody is logged out, revoked stays revoked', async (web) => {
    const session = await web.signIn();
    const ended = await web.signIn();
    const child = assertOk(await refresh(web, session.refreshToken));
    assertOk(await logout(web, ended));
    house.sql('SET GLOBAL read_only = 1');
    try {
      for (const each of house.webs) {
        assertOk(await status(each, session.accessToken));
        assertOk(await status(each, child.accessToken));
        await assertEnded(each, ended);
        /* Its parent is the current one: nothing need be written. */
        assertOk(await refresh(each, session.refreshToken));
        for (const res of [await refresh(each, child.refreshToken), await login(each, session.email), await logout(each, session),
          await revoke(each, session, session.sessionId), await each.request('POST', '/api/auth/register', { json: { email: 'x@example.org', password: PASSWORD } }),
        ]) assertAway(res);
        const browser = web.browser();
        browser.jar = session.browser.jar;
        const res = await browser.at(each.port).post('/api/auth/logout');
        assertAway(res);
      }
      assert.equal(sessionRow(house, session.sessionId, 'revoked_us')[0], '0');
    } finally {
      house.sql('SET GLOBAL read_only = 0');
    }
    assertOk(await firm(() => refresh(web, child.refreshToken)));
    assertOk(await firm(() => login(web, session.email)));
  });

  row('F16 max_connections reached: 503, back-off, recovery', async (web) => {
    const session = await web.signIn();
    const [[, before]] = house.sql("SHOW VARIABLES LIKE 'max_connections'");
    house.sql('SET GLOBAL max_connections = 12');
    const holders = [];
    try {
      await until(async () => {
        /* A worker may have come back before the places were taken. */
        await house.proxy.breakAll();
        /* Not logged in counts too, for ten seconds. */
        for (let i = 0; i < 40; i += 1) {
          const socket = net.connect(house.socket);
          socket.on('error', () => {});
          holders.push(socket);
        }
        return (await status(web, session.accessToken)).status === 503;
      }, 'the last connection to go');
      const { connections } = await house.proxy.counts();
      for (let i = 0; i < 20; i += 1) assertAway(await status(web, session.accessToken));
      const tried = (await house.proxy.counts()).connections - connections;
      assert.ok(tried < 20, `${tried} connections tried by 20 requests: no back-off`);
      assert.equal((await web.request('GET', '/healthz')).status, 200);
    } finally {
      for (const socket of holders) socket.destroy();
      house.sql(`SET GLOBAL max_connections = ${before}`);
    }
    await assertLives(web, session);
  });

  row('F17 wait_timeout closes idle connections: reconnected unseen, settings and all', async (web) => {
    const session = await web.signIn();
    house.sql('SET GLOBAL wait_timeout = 1');
    try {
      await house.proxy.breakAll();
      await house.ready({ rounds: 4 });
      for (let round = 0; round < 2; round += 1) {
        await until(() => house.sql("SELECT 1 FROM information_schema.processlist WHERE user = 'gatehouse'").length === 0, 'MariaDB to close what is idle');
        const before = await house.proxy.counts();
        const answers = await together(8, (i) => (i % 2 ? status(web, session.accessToken) : status(web.other, session.accessToken)));
        for (const res of answers) assertOk(res);
        assertOk(await login(web, session.email));
        const now = await house.proxy.counts();
        assert.ok(now.connections > before.connections);
        assert.ok(now.seen.SET - before.seen.SET >= 2 * (now.connections - before.connections), 'each has the settings');
      }
      assert.equal(auditOf(house, 'token.reuse').length, 0);
    } finally {
      house.sql('SET GLOBAL wait_timeout = 28800');
    }
  });

  /** A folder of the shipped migrations and what comes behind them. */
  function migrations(name, ...more) {
    const folder = house.file(name);
    const shipped = readdirSync(join(sourceRoot, 'sql')).filter((file) => file.endsWith('.sql'));
    mkdirSync(folder);
    for (const file of shipped) copyFileSync(join(sourceRoot, 'sql', file), join(folder, file));
    for (const [i, text] of more.entries()) writeFileSync(join(folder, `${String(shipped.length + 1 + i).padStart(4, '0')}_next.sql`), text);
    return { folder, version: shipped.length };
  }

  row('F39 the schema migrated while serving: a compatible one disturbs nobody, another is 503 until program and schema fit', async (web) => {
    const session = await web.signIn();
    const { folder, version } = migrations('as-shipped');
    const expand = `-- compatible-from: ${version}\nALTER TABLE session ADD COLUMN next_column INT NULL;\nCREATE TABLE next_table (n INT);\n`;
    const contract = 'ALTER TABLE session DROP COLUMN next_column;\nDROP TABLE next_table;\n';
    const traffic = load(4, (lane, i) => (i % 3 ? status : refresh)(lane % 2 ? web : web.other, i % 3 ? session.accessToken : session.refreshToken));
    try {
      for (const sql of [folder, migrations('expanded', expand).folder]) {
        const { length } = traffic.answers;
        await house.control('migrate', '--sql', sql);
        await until(() => traffic.answers.length > length + 8, 'traffic');
      }
      const before = house.poolWorkers();
      process.kill(house.children.pool.pid, 'SIGHUP');
      await until(() => house.poolWorkers().every((pid) => !before.includes(pid)), 'new workers, which connect anew');
      const { length } = traffic.answers;
      await until(() => traffic.answers.length > length + 8, 'traffic');
      assertOnly(await traffic.stop(), 200);
      const workers = processesOfPool();
      await house.control('migrate', '--sql', migrations('contracted', expand, contract).folder);
      await house.proxy.breakAll();
      for (const each of house.webs) {
        assertAway(await status(each, session.accessToken));
        assertAway(await refresh(each, session.refreshToken));
        assertAway(await login(each, session.email));
      }
      house.sql(`DELETE FROM schema_migration WHERE version > ${version + 1}`);
      for (const each of house.webs) await assertLives(each, session);
      assert.equal(processesOfPool(), workers, 'no worker was replaced');
    } finally {
      await traffic.stop();
      house.sql(`DELETE FROM schema_migration WHERE version > ${version}`);
    }
  });

  row('F6 a killed MariaDB loses no acknowledged sign-in, refresh or sign-out', async (web) => {
    const told = await together(6, () => web.signIn());
    const refreshed = await together(6, async (i) => {
      const next = assertOk(await refresh(web, told[i].refreshToken));
      assertOk(await status(web, next.accessToken));
      return next;
    });
    await together(3, async (i) => assertOk(await logout(web, refreshed[i])));
    await house.databaseKill();
    await house.databaseBack();
    await house.ready();
    for (const [i, session] of refreshed.entries()) {
      if (i < 3) await assertEnded(web, session);
      else await assertLives(web, session);
    }
    for (const session of told) assert.equal(sessionsOf(session.subject), 1);
  });
});
