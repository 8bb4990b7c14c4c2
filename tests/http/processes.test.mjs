// SPDX-License-Identifier: MIT
// The life of the processes: begun, lost, replaced, told to read again, to drain
// and to go; two pools beside each other; what they show of their secrets.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { buildRoot, through } from './lib/stack.mjs';
import { assertOk, bin, cookieHeaders, refresh, status } from './lib/checks.mjs';
import { assertRefusal } from './lib/answers.mjs';
import { Connection, Type, begin, paramRecords, params, record } from './lib/fcgi_client.mjs';
import { Pool, alive, childrenOf, withPool } from './lib/pool.mjs';
import { own, start, stop, until } from './lib/process.mjs';

const password = 'a long enough phrase';
const gone = (pids) => until(() => !pids.some(alive), `the end of ${pids}`);
const json = (value) => ({ body: JSON.stringify(value) });
const program = (name, args, options) => {
  const child = start(`${buildRoot}/${name}`, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { child.output += text; });
  return child.exited.then(({ code, error }) => ({ code: error ?? code, output: child.output }));
};

/** A sign-out whose body is not whole yet. */
const half = (pool) => new Connection(pool.where).write(Buffer.concat([
  begin(), paramRecords({ ...params('POST', '/api/auth/logout'), CONTENT_LENGTH: '2', CONTENT_TYPE: 'application/json' }), record(Type.STDIN, '{'),
]));

/** Asks again and again until stop() is called; stop() gives what went wrong. */
function running(pool) {
  let on = true;
  const bad = [];
  let count = 0;
  const loop = async () => {
    while (on) {
      const res = await pool.ask('GET', '/readyz');
      count += 1;
      if (res.status !== 200) bad.push(res.status);
    }
  };
  const loops = [loop(), loop()];
  return async () => {
    on = false;
    await Promise.all(loops);
    assert.ok(count > 0);
    return bad;
  };
}

withPool('losses', {}, (pool) => {
  it('A-16.5.4 F1 a worker killed with SIGKILL is replaced, and nobody else notices', async () => {
    const [, victim, ...others] = pool.workers;
    const end = running(pool);
    process.kill(victim, 'SIGKILL');
    await until(() => !pool.workers.includes(victim), 'its end');
    await pool.complete();
    assert.ok((await end()).length <= 1, 'at most the request it had');
    assert.ok(others.every((pid) => pool.workers.includes(pid)));
    assert.match((await pool.logged('server.child_died')).toString(), /true/);
    assert.ok(pool.events('server.child_died').some((e) => e.child === victim && e.msg === 'signal 9' && e.role === 'worker'));
  });

  for (const signal of ['SIGSEGV', 'SIGABRT']) {
    it(`F4 a worker that ends by ${signal} is replaced and leaves no core`, async () => {
      const victim = pool.workers.at(-1);
      process.kill(victim, signal);
      await until(() => !pool.workers.includes(victim), 'its end');
      await pool.complete();
      assert.deepEqual(readdirSync(pool.dir).filter((name) => name.startsWith('core')), []);
    });
  }

  it('the janitor is replaced as well', async () => {
    const janitor = pool.workers.find((pid) => pool.events('server.child_died').every((e) => e.child !== pid));
    process.kill(janitor, 'SIGKILL');
    await until(() => !pool.workers.includes(janitor), 'its end');
    await pool.complete();
  });

  it('children that die at once are begun again ever more slowly, and then serve', async () => {
    const from = pool.events('server.child_died').length;
    const until_ = Date.now() + 1500;
    while (Date.now() < until_) {
      for (const pid of pool.workers) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it has gone by itself
        }
      }
      await new Promise(setImmediate);
    }
    const died = pool.events('server.child_died').length - from;
    assert.ok(died >= 5 && died < 5 * 20, `${died} deaths`);
    await pool.complete();
    assert.equal((await pool.ask('GET', '/readyz')).status, 200);
  });
});

withPool('a worker that hangs', { config: { server: { workers: 2, io_timeout: 1, request_timeout: 2 } } }, (pool) => {
  it('F5 is killed when it is busy too long, and replaced', async () => {
    const janitor = pool.workers[0];
    const stuck = half(pool);
    await pool.ask(); // taken after it, so it is with a worker now
    const [a, b] = pool.workers.filter((pid) => pid !== janitor);
    for (const pid of [a, b]) process.kill(pid, 'SIGSTOP');
    await pool.logged('server.child_killed');
    const victim = pool.events('server.child_killed')[0];
    assert.equal(victim.msg, 'busy too long with one request');
    for (const pid of [a, b].filter((p) => p !== victim.child)) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch (error) {
        // It was stopped while it put down its own request, and killed as well.
        assert.equal(error.code, 'ESRCH');
      }
    }
    assert.equal((await stuck.answer()).status, 0);
    await pool.complete(3);
    assert.equal((await pool.ask('GET', '/readyz')).status, 200);
  });
});

withPool('recycling', { config: { server: { workers: 2, max_requests: 5 } } }, (pool) => {
  it('F25 workers are replaced after so many requests, and none of them fails', async () => {
    const first = new Set(pool.workers);
    for (let i = 0; i < 40; i += 1) assert.equal((await pool.ask()).status, 200);
    await until(() => pool.workers.filter((pid) => first.has(pid)).length === 1, 'other workers (but the same janitor)');
    assert.deepEqual(pool.events('server.child_died'), []);
  });
});

withPool('idle', { config: { server: { workers: 2, max_idle: 1 } } }, (pool) => {
  it('workers are replaced after so much idle time', async () => {
    const first = new Set(pool.workers);
    await until(() => pool.workers.filter((pid) => first.has(pid)).length === 1, 'other workers (but the same janitor)');
    assert.equal((await pool.ask()).status, 200);
    assert.deepEqual(pool.events('server.child_died'), []);
  });
});

withPool('reload', {}, (pool) => {
  const reload = async (text) => {
    const from = pool.events('server.reloaded').length + pool.events('server.reload_failed').length;
    if (typeof text === 'string') writeFileSync(pool.config, text);
    else pool.reconfigure(text);
    process.kill(pool.master.pid, 'SIGHUP');
    await until(() => pool.events('server.reloaded').length + pool.events('server.reload_failed').length > from, 'the reload', { logFile: pool.logFile });
  };
  const long = `/healthz?${'x'.repeat(1000)}`;

  it('F38 HUP puts the new configuration in force without dropping a request', async () => {
    const { pid } = pool.master;
    const old = pool.workers;
    assert.equal((await pool.ask('GET', long)).status, 200);
    const end = running(pool);
    await reload({ http: { max_url: 256, public_url: 'https://id.example.test', require_https: 'no' } });
    await until(() => old.every((child) => !alive(child)), 'the end of the old workers', { logFile: pool.logFile });
    await pool.complete();
    for (let i = 0; i < 20; i += 1) assertRefusal(await pool.ask('GET', long), 414, 'URL_TOO_LONG');
    assert.deepEqual(await end(), []);
    assert.equal(pool.master.pid, pid);
    assert.deepEqual(pool.events('server.child_died'), []);
  });

  /** After a good reload: nobody of before is left. */
  const rolled = async (text, count) => {
    const old = pool.workers;
    await reload(text);
    await gone(old);
    await pool.complete(count);
  };

  it('HUP changes the number of workers', async () => {
    await rolled({ server: { workers: 2 } }, 3);
    await rolled({ server: { workers: 6 } }, 7);
  });

  it('F38 a bad configuration at HUP is told, and the old one stays', async () => {
    const good = readFileSync(pool.config, 'utf8');
    const children = pool.workers;
    for (const bad of ['', 'nonsense\n', `${good}\n[http]\nmax_uri = 1\n`, good.replace(/sealing_key_file = .*/, 'sealing_key_file = /nonexistent'), good.replace('[http]', '[http]\nmax_url = 1')]) {
      await reload(bad);
      assert.equal((await pool.ask('GET', long)).status, 200);
      assert.deepEqual(pool.workers, children);
    }
    assert.equal(pool.events('server.reload_failed').length, 5);
    assert.ok(pool.events('config.bad').length >= 5);
    await rolled(good, 7);
  });

  it('what takes effect at a start only is told', async () => {
    const from = pool.events('config.needs_restart').length;
    await reload({ server: { workers: 4, backlog: 7 } });
    assert.ok(pool.events('config.needs_restart').slice(from).some((e) => e.msg.includes('backlog')));
  });

  it('many HUPs at once are one or more reloads, never a lost pool', async () => {
    const end = running(pool);
    for (let i = 0; i < 20; i += 1) process.kill(pool.master.pid, 'SIGHUP');
    await pool.complete(5);
    assert.deepEqual(await end(), []);
  });
});

describe('the end', () => {
  let pool;
  before(async () => {
    pool = new Pool({ config: { log: { sink: 'file', file: '/nonexistent', format: 'json', level: 'debug' } } });
    pool.writeConfig = function writeConfig() {
      this.overrides.log.file = this.file('own.log');
      Pool.prototype.writeConfig.call(this);
    };
    await pool.start();
    await pool.complete();
  });
  after(() => pool.stop());
  const lines = (name) => (existsSync(pool.file(name)) ? readFileSync(pool.file(name), 'utf8').split('\n').filter(Boolean) : []);

  it('USR1 writes on in a new file, and not in the old one', async () => {
    await pool.ask();
    await until(() => lines('own.log').length > 0, 'a log');
    renameSync(pool.file('own.log'), pool.file('own.log.1'));
    process.kill(pool.master.pid, 'SIGUSR1');
    await until(async () => (await pool.ask()).status === 200 && lines('own.log').length > 0, 'a new log');
    const children = pool.workers;
    for (let i = 0; i < 200; i += 1) await pool.ask();
    const old = lines('own.log.1').length;
    for (let i = 0; i < 50; i += 1) await pool.ask();
    assert.equal(lines('own.log.1').length, old);
    assert.ok(lines('own.log').length >= 50);
    assert.deepEqual(pool.workers, children);
    assert.ok(lines('own.log').every((line) => JSON.parse(line).event));
    assert.equal(statSync(pool.file('own.log')).mode & 0o007, 0);
  });

  it('TERM lets a request in flight end well, and is done in under 3 s', async () => {
    const connection = half(pool);
    const all = [pool.master.pid, ...pool.workers];
    const begun = Date.now();
    pool.master.kill('SIGTERM');
    await until(() => lines('own.log').length > 0 && alive(pool.master.pid), 'the drain');
    connection.write(Buffer.concat([record(Type.STDIN, '}'), record(Type.STDIN)]));
    assert.equal((await connection.answer()).status, 200);
    assert.deepEqual(await pool.master.exited, { code: 0, signal: null });
    assert.ok(Date.now() - begun < 3000);
    await gone(all);
    assert.equal(existsSync(pool.file('gh.sock')), false);
    await pool.startPool();
    await pool.complete();
  });

  it('TERM waits no longer than that for a request that never ends', async () => {
    const connections = Array.from({ length: 6 }, () => half(pool));
    const all = [pool.master.pid, ...pool.workers];
    const begun = Date.now();
    pool.master.kill('SIGTERM');
    assert.equal((await pool.master.exited).code, 0);
    assert.ok(Date.now() - begun < 3000 + 2000, 'with room for a busy machine');
    await gone(all);
    for (const c of connections) c.socket.destroy();
    await pool.startPool();
    await pool.complete();
  });

  it('F27 the children of a master killed with SIGKILL go too, and its socket is taken over', async () => {
    const all = pool.workers;
    pool.master.kill('SIGKILL');
    await gone(all);
    assert.ok(statSync(pool.file('gh.sock')).isSocket(), 'left behind');
    await pool.startPool();
    await pool.complete();
    assert.equal((await pool.ask('GET', '/readyz')).status, 200);
  });

  it('a second start on a live socket is refused and changes nothing', async () => {
    for (let i = 0; i < 3; i += 1) {
      const { code } = await pool.second().exited;
      assert.notEqual(code, 0);
      assert.equal((await pool.ask('GET', '/readyz')).status, 200);
    }
  });

  it('what is no socket is never removed to make place', async () => {
    const path = pool.file('precious');
    writeFileSync(path, 'data');
    own(path);
    const text = readFileSync(pool.config, 'utf8').replace(/listen = .*/, `listen = unix:${path}`);
    writeFileSync(pool.file('other.conf'), text);
    own(pool.file('other.conf'));
    const { code } = await pool.second(['--config', pool.file('other.conf')]).exited;
    assert.notEqual(code, 0);
    assert.equal(readFileSync(path, 'utf8'), 'data');
  });

  for (const signal of ['SIGINT', 'SIGQUIT']) {
    it(`${signal} ends the pool as TERM does`, async () => {
      const all = pool.workers;
      pool.master.kill(signal);
      assert.equal((await pool.master.exited).code, 0);
      await gone(all);
      await pool.startPool();
      await pool.complete();
    });
  }
});

withPool('who may connect', {}, (pool) => {
  const uid = process.getuid();
  const restarted = async (server) => {
    pool.reconfigure({ server: { workers: 1, ...server } });
    await stop(pool.master);
    await pool.startPool();
    await pool.complete(2);
  };
  const modeOf = (name) => statSync(pool.file(name)).mode & 0o777;

  it('the socket is open to owner and group only, the lock beside it to the owner', async () => {
    assert.equal(modeOf('gh.sock'), 0o660);
    assert.equal(modeOf('gh.sock.lock'), 0o600);
    await restarted({ listen_mode: 600 });
    assert.equal(modeOf('gh.sock'), 0o600);
  });

  for (const [users, served] of [[`${uid}`, true], [`${uid + 4242}`, false], ['daemon', false], [`daemon ${uid}`, true], ['no-such-user-here', false]]) {
    it(`peer_users = ${users}: we are ${served ? 'served' : 'refused without an answer'}`, async () => {
      await restarted({ peer_users: users });
      const from = pool.events('server.peer_refused').length;
      const res = await pool.ask();
      assert.equal(res.status, served ? 200 : 0);
      assert.equal(res.raw.length > 0, served);
      if (!served) await pool.logged('server.peer_refused', from);
    });
  }
});

through({ name: 'whose database goes away', ownDatabase: true, config: { database: { read_timeout: 3, connect_timeout: 1 } } }, (web, stack) => {
  const processes = () => childrenOf(stack.children.pool.pid);

  it('F6 nothing but 503 while the database is away, nobody is signed out, and service resumes by itself', async () => {
    const { browser, login, accessToken, refreshToken, email, subject } = await web.signIn();
    assertOk(login);
    const children = processes();
    stack.databaseStop();
    const answers = [
      await status(web, accessToken), await refresh(web, refreshToken), await browser.get('/api/auth/sessions'), await browser.post('/api/auth/refresh'),
      await browser.post('/api/auth/logout'), await browser.delete('/api/auth/sessions'), await web.request('GET', '/readyz'),
      await web.request('POST', '/api/auth/login', { json: { email, password } }), await web.request('POST', '/api/auth/register', { json: { email, password } }),
    ];
    for (const res of answers) {
      assertRefusal(res, 503, 'SERVICE_UNAVAILABLE');
      assert.match(res.headers['retry-after'], /^[1-9]\d*$/);
      assert.deepEqual(res.cookies, []);
    }
    assertOk(await web.request('GET', '/healthz'));
    assert.equal((await web.request('GET', '/api/auth/status')).status, 200, 'a stranger needs no database');
    stack.databaseReturn();
    await until(async () => (await web.request('GET', '/readyz')).status === 200, 'the database again', { logFile: stack.logFile });
    assertOk(await status(web, accessToken));
    assertOk(await refresh(web, refreshToken));
    assertOk(await browser.post('/api/auth/refresh'));
    assertOk(await web.request('GET', '/api/auth/sessions', { headers: cookieHeaders({ access_token: browser.cookie('access_token') }) }));
    assert.equal(stack.sql(`SELECT COUNT(*) FROM session WHERE subject = '${subject}' AND revoked_us = 0`)[0][0], '1');
    assert.deepEqual(processes(), children);
    assert.deepEqual(stack.events('server.child_died'), []);
  });

  it('A-13.2.6 F8 a database that hangs is given up by each request, and nothing is lost when it goes on', async () => {
    const { browser, accessToken } = await web.signIn();
    const mariadb = Number(readFileSync(stack.file('db/pid'), 'utf8'));
    process.kill(mariadb, 'SIGSTOP');
    try {
      for (const res of await Promise.all([status(web, accessToken), browser.post('/api/auth/refresh'), web.request('GET', '/readyz')])) {
        assertRefusal(res, 503, 'SERVICE_UNAVAILABLE');
        assert.deepEqual(res.cookies, []);
      }
      assertOk(await web.request('GET', '/healthz'));
    } finally {
      process.kill(mariadb, 'SIGCONT');
    }
    await until(async () => (await web.request('GET', '/readyz')).status === 200, 'the database again', { logFile: stack.logFile });
    assertOk(await status(web, accessToken));
    assertOk(await browser.post('/api/auth/refresh'));
  });

  it('F7 a pool that starts without the database waits for it', async () => {
    const { accessToken, login } = await web.signIn();
    assertOk(login);
    stack.databaseStop();
    await stack.restartPool();
    const here = await until(async () => {
      const res = await web.request('GET', '/healthz');
      return res.status === 200 && res;
    }, 'healthz');
    assertOk(here);
    assertRefusal(await status(web, accessToken), 503, 'SERVICE_UNAVAILABLE');
    stack.databaseReturn();
    await until(async () => (await web.request('GET', '/readyz')).status === 200, 'the database', { logFile: stack.logFile });
    assertOk(await status(web, accessToken));
  });
});

describe('two pools on one schema', () => {
  let one;
  let two;
  const config = { janitor: { interval: 1 }, server: { workers: 1 } };

  before(async () => {
    one = new Pool({ config });
    await one.start();
    two = new Pool({ config });
    two.startDatabase = function startDatabase() {
      [this.schema, this.socket] = [one.schema, one.socket];
      writeFileSync(this.file('sealing-key'), readFileSync(one.file('sealing-key')));
      chmodSync(this.file('sealing-key'), 0o600);
      own(this.file('sealing-key'));
    };
    await two.start();
  });
  after(async () => {
    await stop(two.children.pool);
    await one.stop();
  });
  const expired = (n, tag) => one.sql(`INSERT INTO throttle SELECT UNHEX(SHA2(CONCAT('${tag}', seq), 256)), 1, 1 FROM seq_1_to_${n};
    INSERT INTO token_revocation SELECT UNHEX(MD5(CONCAT('${tag}', seq))), 1 FROM seq_1_to_${n}`);
  const left = () => Number(one.sql('SELECT (SELECT COUNT(*) FROM throttle WHERE window_end_us = 1) + (SELECT COUNT(*) FROM token_revocation WHERE expires_us = 1)')[0][0]);
  const purged = (pool) => pool.events('janitor.purged').reduce((sum, e) => sum + e.rows, 0);

  it('a token of the one is good at the other', async () => {
    const login = { email: 'two@example.org', password };
    await one.ask('POST', '/api/auth/register', json(login));
    const { accessToken } = (await one.ask('POST', '/api/auth/login', json(login))).json;
    assert.equal((await two.ask('GET', '/api/auth/sessions', { fields: { HTTP_AUTHORIZATION: `Bearer ${accessToken}` } })).status, 200);
  });

  it('the janitor of one of them alone deletes what is over, each row once', async () => {
    const owners = new Set();
    let count = 0;
    for (let round = 0; round < 3; round += 1) {
      expired(700, `round ${round}`);
      count += 1400;
      await until(() => left() === 0, 'the purge', { logFile: one.logFile });
      owners.add(one.sql("SELECT HEX(owner) FROM lease WHERE name = 'janitor'")[0][0]);
    }
    await until(() => purged(one) + purged(two) >= count, 'the log');
    assert.equal(owners.size, 1);
    assert.equal(Math.min(purged(one), purged(two)), 0, 'the other did nothing');
  });

  it('when that one is gone and its lease is over, the other goes on', async () => {
    const [holder, heir] = purged(one) > 0 ? [one, two] : [two, one];
    await stop(holder.children.pool);
    one.sql("UPDATE lease SET until_us = 1 WHERE name = 'janitor'");
    expired(10, 'heir');
    await until(() => left() === 0 && purged(heir) > 0, 'the purge by the heir', { logFile: heir.logFile });
    await holder.startPool();
  });

  it('sessions, keys and events are deleted by their own times only', async () => {
    const login = { email: 'keep@example.org', password };
    await one.ask('POST', '/api/auth/register', json(login));
    const [old, fresh] = [(await one.ask('POST', '/api/auth/login', json(login))).json, (await one.ask('POST', '/api/auth/login', json(login))).json];
    one.sql(`UPDATE session SET expires_us = 1000, active_us = 1000, created_us = 1000 WHERE id = ${bin(old.sessionId)}`);
    await until(() => one.sql(`SELECT 1 FROM session WHERE id = ${bin(old.sessionId)}`).length === 0, 'the purge of the session', { logFile: one.logFile });
    assert.equal(one.sql(`SELECT 1 FROM session WHERE id = ${bin(fresh.sessionId)}`).length, 1);
    assert.ok(one.sql('SELECT 1 FROM signing_key').length > 0 && one.sql('SELECT 1 FROM event').length > 0);
  });
});

withPool('secrets', { config: { server: { workers: 2 } } }, (pool) => {
  it('A-13.3.1 no secret is in a command line, an environment, the log or --show-config', async () => {
    const sealing = readFileSync(pool.file('sealing-key'), 'utf8').trim().split(':')[1];
    const login = { email: 'canary@example.org', password: 'a bird in a mine 4711' };
    await pool.ask('POST', '/api/auth/register', json(login));
    const { accessToken, refreshToken } = (await pool.ask('POST', '/api/auth/login', json(login))).json;
    await pool.ask('GET', '/api/auth/status', { fields: { HTTP_AUTHORIZATION: `Bearer ${accessToken}x` } });
    const secrets = ['test-only-password', sealing, login.password, accessToken.split('.')[2], refreshToken];
    const shown = { log: readFileSync(pool.logFile, 'utf8'), config: (await program('gatehouse', ['--config', pool.config, '--show-config'])).output };
    if (process.getuid() === 0) {
      for (const pid of [pool.master.pid, ...pool.workers]) {
        for (const name of ['cmdline', 'environ']) shown[`${name} of ${pid}`] = readFileSync(`/proc/${pid}/${name}`, 'latin1');
      }
    }
    for (const [where, text] of Object.entries(shown)) {
      assert.ok(text.length > 0, where);
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${where}`);
    }
  });

  it('--check-config tells good from bad with file and line', async () => {
    assert.equal((await program('gatehouse', ['--config', pool.config, '--check-config'])).code, 0);
    const bad = pool.file('bad.conf');
    writeFileSync(bad, `${readFileSync(pool.config, 'utf8')}\n[http]\nmax_uri = 1\n`);
    own(bad);
    const { code, output } = await program('gatehouse', ['--config', bad, '--check-config']);
    assert.equal(code, 78);
    assert.match(output, /bad\.conf:\d+: .*max_uri/);
    assert.equal((await program('gatehouse', ['--config', bad])).code, 78);
    assert.equal((await program('gatehouse', ['--config', '/nonexistent', '--check-config'])).code, 78);
  });

  it('--show-config prints every section with what is in force', async () => {
    const { code, output } = await program('gatehouse', ['--config', pool.config, '--show-config']);
    assert.equal(code, 0);
    for (const section of ['server', 'log', 'database', 'http', 'cookies', 'csrf', 'tokens', 'keys', 'sessions', 'passwords', 'throttle', 'janitor']) assert.match(output, new RegExp(`^\\[${section}\\]`, 'm'));
    assert.match(output, /^workers = 2$/m);
    writeFileSync(pool.file('shown.conf'), output, { mode: 0o640 });
    own(pool.file('shown.conf'));
    assert.equal((await program('gatehouse', ['--config', pool.file('shown.conf'), '--check-config'])).code, 0, 'it can be read again');
  });

  for (const [args, code] of [[['--help'], 0], [['--version'], 0], [['--nonsense'], 2], [['--single'], 2], [['--config'], 2], [['x'], 2]]) {
    it(`gatehouse ${args.join(' ')} exits with ${code}`, async () => assert.equal((await program('gatehouse', args)).code, code));
  }

  it('--fcgi without a socket on descriptor 0 is refused', async () => {
    for (const args of [['--fcgi'], ['--fcgi', '--single']]) {
      const { code } = await program('gatehouse', ['--config', pool.config, ...args]);
      assert.equal(code, 1);
    }
  });

});
