// SPDX-License-Identifier: MIT
// Workers and web servers killed, hung, restarted and starved while clients are
// at work. What one process alone does is in tests/http/processes.test.mjs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { assertOk, auditOf, claimsOf, headerOf, together } from '../http/lib/checks.mjs';
import { run, stop, until } from '../http/lib/process.mjs';
import { assertLives, assertOnly, firm, load, login, refresh, status, tallied } from './lib/asks.mjs';
import { badDay, verdict } from './lib/day.mjs';
import { breaking, commandOf, full, pause, statOf } from './lib/house.mjs';
import { Random, seed } from './lib/random.mjs';

const limit = { timeout: 200000 };
const alive = (pid) => {
  try {
    return statOf(pid).state !== 'Z';
  } catch {
    return false;
  }
};
const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    /* gone already */
  }
};
const residentKib = (pid) => Number(/^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);

breaking({ config: { tokens: { refresh_overlap: 120 }, keys: { publish_ahead: 1, rotation: 3600 } } }, (house) => {
  const row = (name, options, body) => it(name, options, async (t) => {
    await house.proxy.heal();
    await house.ready();
    await body(house.web('lighttpd'), t);
  });

  row('F1 workers killed mid-request under load: only what was in flight fails, and nothing twice', limit, async (web, t) => {
    verdict(t, await badDay(house, { seed, ms: full ? 30000 : 4000, names: full ? ['killWorker', 'killFcgid'] : [...Array(6).fill('killWorker'), 'killFcgid'], restMs: 200, operations: 150 }).then((day) => {
      const kills = Object.values(day.faults).reduce((sum, n) => sum + n, 0);
      assert.ok(day.totals().unknown <= 2 * kills, `${day.totals().unknown} without an answer by ${kills} kills`);
      return day;
    }));
    await until(() => house.poolWorkers().length === 5, 'the janitor and four workers');
    assert.ok(house.events('server.child_died').length > 0);
  });

  row('F3 all workers killed at once: service is back', limit, async (web, t) => {
    const session = await web.signIn();
    for (const pid of [...house.poolWorkers(), ...house.fcgidWorkers()]) kill(pid);
    const begun = performance.now();
    for (const each of house.webs) assertOk(await firm(() => status(each, session.accessToken)));
    const ms = performance.now() - begun;
    t.diagnostic(`back after ${Math.round(ms)} ms`);
    assert.ok(ms < 10000);
    await assertLives(web, session);
  });

  row('F5 all workers of the pool hang in a request: the watchdog ends them, the next are served', limit, async (web) => {
    const session = await web.signIn();
    await house.proxy.delay(60000);
    const hung = together(4, () => status(web, session.accessToken).catch(() => ({ status: 0 })));
    await until(async () => (await house.proxy.counts()).commands > 0, 'requests to be under way');
    const victims = house.poolWorkers();
    for (const pid of victims) process.kill(pid, 'SIGSTOP');
    await house.proxy.heal();
    const answers = await hung;
    assertOnly(answers, 200, 500, 503, 504, 0);
    for (const pid of house.poolWorkers()) if (victims.includes(pid)) process.kill(pid, 'SIGCONT');
    assertOk(await firm(() => status(web, session.accessToken)));
    await assertLives(web, session);
  });

  row('F29 ten times the sign-ins it can hash: the queue is bounded, checks and health still answer', limit, async (web, t) => {
    const session = await web.signIn();
    const storm = load(40, (lane) => login(lane % 2 ? web : web.other, session.email));
    const checks = load(2, (lane) => status(lane ? web : web.other, session.accessToken));
    const health = load(2, (lane) => (lane ? web : web.other).request('GET', '/healthz'));
    await until(() => storm.answers.length > 80 && checks.answers.length > 3 && health.answers.length > 3, 'a storm', { limitMs: 90000 });
    const [logins, checked, healthy] = await Promise.all([storm.stop(), checks.stop(), health.stop()]);
    const slowest = (answers) => Math.round(Math.max(...answers.map((a) => a.ms)));
    t.diagnostic(`sign-ins ${JSON.stringify(tallied(logins))} slowest ${slowest(logins)} ms, checks ${checked.length} slowest ${slowest(checked)}, health ${healthy.length} slowest ${slowest(healthy)}`);
    assertOnly(logins, 200, 503);
    assertOnly(checked, 200, 503);
    assertOnly(healthy, 200);
    assert.ok(slowest([...logins, ...checked, ...healthy]) < 40000);
    for (const a of logins.filter((x) => x.status === 503)) assert.ok(a.code === undefined || a.code === 'SERVICE_UNAVAILABLE');
    await assertLives(web, session);
  });

  row('F37 keys rotated under load: no token is refused; a leaked key is dead at once in all workers', limit, async (web) => {
    const sessions = await together(4, () => web.signIn());
    const refused = [];
    const kids = new Set();
    const traffic = load(4, async (lane, i) => {
      const side = i % 2 ? web : web.other;
      const next = await refresh(side, sessions[lane].refreshToken);
      if (next.status !== 200) return next;
      kids.add(headerOf(next.json.accessToken).kid);
      const res = await status(i % 3 ? side.other : side, next.json.accessToken);
      if (res.status !== 200) refused.push(res.json);
      return res;
    });
    for (let i = 1; i <= (full ? 8 : 2); i += 1) {
      await house.control('keys', 'rotate');
      await until(() => kids.size > i, 'a token of the new key', { limitMs: 60000 });
    }
    assertOnly(await traffic.stop(), 200);
    assert.deepEqual(refused, []);
    const { json } = await refresh(web, sessions[0].refreshToken);
    const { kid } = headerOf(json.accessToken);
    await house.control('keys', 'revoke', kid);
    const answers = await together(24, (i) => status(i % 2 ? web : web.other, json.accessToken));
    assertOnly(answers, 401);
    const next = assertOk(await refresh(web, sessions[0].refreshToken));
    assert.notEqual(headerOf(next.accessToken).kid, kid);
    await assertLives(web, next);
    for (const { sessionId } of sessions) assert.deepEqual(auditOf(house, 'token.reuse', { session: sessionId }), []);
  });

  row('F20 no descriptors, no memory, no fork: clean errors, and service when there is room again', limit, async (web) => {
    const session = await web.signIn();
    const workers = house.poolWorkers();
    /* As the workers' own user, who may lower the soft limit and raise it again. */
    const bound = (pids, name, value) => pids.forEach((pid) => run('prlimit', ['--pid', String(pid), `--${name}=${value}:`]));
    /* Descriptors: a connection waits until one is free. */
    bound(workers, 'nofile', 4);
    const waiting = web.request('GET', '/healthz');
    await until(() => house.events('server.accept_failed').length > 0, 'accept to fail');
    bound(workers, 'nofile', 256);
    assertOk(await waiting);
    /* Address space: nothing more can be mapped. */
    bound(workers, 'as', 1);
    await house.proxy.breakAll();
    for (let i = 0; i < 12; i += 1) {
      for (const res of [await status(web, session.accessToken), await login(web, session.email)]) assert.ok([200, 500, 503].includes(res.status), res.text);
    }
    bound(workers, 'as', 'unlimited');
    assertOk(await firm(() => status(web, session.accessToken)));
    assert.deepEqual(house.poolWorkers(), workers, 'no worker died');
    /* Forks: the lost worker is replaced later. */
    const master = house.children.pool.pid;
    const [, before] = /Max processes +(\S+)/.exec(readFileSync(`/proc/${master}/limits`, 'utf8'));
    bound([master], 'nproc', 1);
    process.kill(workers.at(-1), 'SIGKILL');
    if (process.getuid() === 0) await until(() => house.events('server.fork_failed').length > 0, 'fork to fail');
    assertOk(await firm(() => status(web, session.accessToken)));
    bound([master], 'nproc', before);
    await until(() => house.poolWorkers().length === workers.length, 'the lost worker');
    await assertLives(web, session);
  });

  row('F22 no random numbers: every request is refused', limit, async (web) => {
    const session = await web.signIn();
    const tracers = house.poolWorkers().map((pid) => spawn('strace', ['-qq', '-o', '/dev/null', '-p', String(pid), '-e', 'trace=getrandom', '-e', 'inject=getrandom:error=EIO'], { stdio: 'ignore' }));
    try {
      await until(() => house.poolWorkers().every((pid) => /^TracerPid:\t[1-9]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))), 'the tracers');
      for (let i = 0; i < 8; i += 1) {
        /* Each has a name of its own in the log, and that is random. */
        for (const call of [login(web, session.email), refresh(web, session.refreshToken), status(web, session.accessToken)]) {
          const res = await call;
          assert.equal(res.status, 503);
          assert.equal(res.json.code, 'SERVICE_UNAVAILABLE');
          assert.deepEqual(res.cookies, []);
        }
      }
      assert.ok(house.events('request.failed').some((event) => event.cause === 'NO_RANDOM'));
    } finally {
      for (const tracer of tracers) tracer.kill('SIGTERM');
      await Promise.all(tracers.map((tracer) => new Promise((resolve) => { tracer.once('exit', resolve); })));
    }
    assert.equal(house.sql(`SELECT 1 FROM session WHERE subject = '${session.subject}'`).length, 1);
    assertOk(await firm(() => login(web, session.email)));
    await assertLives(web, session);
  });
});

/* mod_fcgid ends its workers at every restart, and a request that waits for a new
 * one may wait for its client; a pool behind mod_proxy_fcgi has no such moment. */
for (const apache of full ? ['apache-proxy.conf', 'apache-fcgid.conf'] : ['apache-proxy.conf']) breaking({ name: `whose web servers restart (${apache})`, snippets: { apache }, config: { tokens: { refresh_overlap: 120 } } }, (house) => {
  it('F26 FCGI-11 graceful restarts of both web servers under load: each request done once or never begun', limit, async (t) => {
    const workers = house.poolWorkers().join(' ');
    verdict(t, await badDay(house, { seed: seed + 26, ms: full ? 40000 : 6000, names: ['gracefulLighttpd', 'gracefulApache'], restMs: full ? 2000 : 1200, operations: 150 }));
    assert.equal(house.poolWorkers().join(' '), workers, 'the pool is not theirs');
  });

});

breaking({ name: 'whose workers crash in a loop', proxy: false }, (house) => {
  it('F28 mod_fcgid throttles a crash loop, and recovers by itself', limit, async (t) => {
    const web = house.web('lighttpd');
    const session = await web.signIn();
    const apache = house.web('apache');
    const end = performance.now() + 2500;
    let killed = 0;
    while (performance.now() < end) {
      for (const pid of house.fcgidWorkers()) {
        kill(pid);
        killed += 1;
      }
      await Promise.race([status(apache, session.accessToken).catch(() => undefined), pause(100)]);
    }
    const begun = performance.now();
    assertOk(await firm(() => status(apache, session.accessToken), { limitMs: 90000 }));
    t.diagnostic(`${killed} killed, served again after ${Math.round(performance.now() - begun)} ms`);
    assertOk(await status(web, session.accessToken));
  });
});

breaking({ name: 'that replaces its workers often', config: { server: { workers: 4, max_requests: 20 } }, proxy: false }, (house) => {
  it('F25 workers replaced after so many requests under load: none is lost, memory stays flat', limit, async (t) => {
    const web = house.web();
    const session = await web.signIn();
    const first = new Set(house.poolWorkers());
    const sizes = [];
    const traffic = load(6, (lane) => status(web, session.accessToken));
    const count = full ? 6000 : 600;
    while (traffic.answers.length < count) {
      await pause(100);
      for (const pid of house.poolWorkers()) {
        try {
          sizes.push(residentKib(pid));
        } catch {
          /* just replaced */
        }
      }
    }
    const answers = await traffic.stop();
    assertOnly(answers, 200);
    assert.ok(house.poolWorkers().filter((pid) => first.has(pid)).length <= 1, 'all but the janitor are others');
    assert.deepEqual(house.events('server.child_died'), []);
    const [low, high] = [Math.min(...sizes.slice(-40)), Math.max(...sizes.slice(-40))];
    t.diagnostic(`${answers.length} requests, resident ${low} to ${high} KiB`);
    assert.ok(high < low + 40000);
  });
});

breaking({ name: 'whose workers are the web servers\' own', proxy: false, snippets: { lighttpd: 'lighttpd-spawn.conf' } }, (house) => {
  it('F27 web servers killed hard: no orphan goes on, the next start serves', limit, async () => {
    const random = new Random(seed, 27);
    const session = await house.web().signIn();
    await stop(house.children.pool);
    for (const name of house.wanted) {
      const web = house.web(name);
      const busy = load(4, () => status(web, session.accessToken));
      await until(() => busy.answers.length > random.between(4, 20), 'traffic');
      const old = house.gatehouses().filter((pid) => commandOf(pid).includes('--single') === (name === 'apache'));
      assert.ok(old.length > 0);
      house.children[name].kill('SIGKILL');
      await house.children[name].exited;
      await busy.stop();
      /* Apache's own children outlive it; systemd ends them with the unit. */
      for (const pid of house.everyProcess()) if (commandOf(pid).includes(house.file(`${name}.conf`))) kill(pid);
      await until(() => !old.some(alive), `the workers of ${name} to end`, { limitMs: 20000 });
      await house.startWeb(name);
      assertOk(await firm(() => status(web, session.accessToken)));
      assertOk(await firm(() => login(web, session.email)));
    }
    assert.equal(claimsOf(session.accessToken).sid, session.sessionId);
    assert.ok(house.gatehouses().every(alive));
  });
});
