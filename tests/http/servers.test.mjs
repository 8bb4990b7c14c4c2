// SPDX-License-Identifier: MIT
// Every ready-to-use file of conf/ starts a server that signs people in: the pool
// on a Unix and a TCP socket, spawned workers, and a socket that systemd holds.
import assert from 'node:assert/strict';
import { readFileSync, readlinkSync, readdirSync, renameSync, statSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Stack, Web, buildRoot, sourceRoot } from './lib/stack.mjs';
import { assertOk, assertProblem, bearer, chrome, refresh, status } from './lib/checks.mjs';
import { assertRefusal } from './lib/answers.mjs';
import { exchange, whole } from './lib/fcgi_client.mjs';
import { alive, childrenOf, processesWith, withPool } from './lib/pool.mjs';
import { freePort, start, stop, until } from './lib/process.mjs';

const workers = 4;

/** A house whose web server runs one file of conf/, with or without the pool. */
class Served extends Stack {
  constructor(file, { pool = true, config = {}, edit = (text) => text } = {}) {
    super({ webs: [file.replace('.conf', '')], config });
    this.conf = file;
    this.pooled = pool;
    this.edit = edit;
  }

  async startPool() {
    if (this.pooled) await super.startPool();
  }

  webCommand(web, conf) {
    return super.webCommand(web.split('-')[0], conf);
  }

  /** The settings around the file, with the file in them. */
  settings(port) {
    const server = this.conf.split(/[-.]/)[0];
    return this.edit(this[`${server}Config`](port, this.conf), this);
  }
}
for (const name of ['lighttpd-pool', 'lighttpd-spawn', 'apache-fcgid', 'apache-proxy']) {
  Served.prototype[`${name}Config`] = function settings(port) {
    return this.settings(port);
  };
}

/** The main job in short, by cookies and by header. */
function serves(web) {
  it('registers, signs in, tells who one is, refreshes and signs out', async () => {
    const { browser, login, sessionId, accessToken, refreshToken } = await web.signIn({ userAgent: chrome });
    assertOk(login);
    assert.equal(assertOk(await browser.get('/api/auth/status')).sessionId, sessionId);
    assert.equal(assertOk(await status(web, accessToken)).sessionId, sessionId);
    const [device] = assertOk(await browser.get('/api/auth/sessions'));
    assert.equal(device.ipAddress, '127.0.0.1');
    assert.equal(device.userAgent, chrome);
    assert.equal(assertOk(await refresh(web, refreshToken)).sessionId, sessionId);
    assertOk(await browser.post('/api/auth/refresh'));
    assertOk(await browser.patch(`/api/auth/sessions/${sessionId}`, { label: 'Desk' }));
    assertOk(await browser.put('/api/auth/session/data', { note: 'x'.repeat(60000) }));
    assert.equal(assertOk(await browser.get('/api/auth/session/data')).note.length, 60000);
    assertOk(await browser.delete('/api/auth/sessions/others'));
    assertOk(await browser.post('/api/auth/logout'));
    assertProblem(await status(web, accessToken), 401, 'SESSION_INVALID');
  });

  it('hands every refusal through as it is', async () => {
    assertRefusal(await web.request('GET', '/api/auth/sessions'), 401, 'AUTHENTICATION_REQUIRED');
    assertRefusal(await web.request('GET', '/api/auth/nothing'), 404, 'NOT_FOUND');
    assertRefusal(await web.request('PUT', '/api/auth/login'), 405, 'METHOD_NOT_ALLOWED');
    assertRefusal(await web.request('POST', '/api/auth/login', { json: {} }), 400, 'VALIDATION_FAILED');
    assertRefusal(await web.request('POST', '/api/auth/login', { json: { email: 'x'.repeat(70000) } }), 413, 'BODY_TOO_LARGE');
    assertRefusal(await web.request('GET', `/healthz?${'x'.repeat(5000)}`), 414, 'URL_TOO_LONG');
    assertRefusal(await web.request('GET', '/healthz', { headers: { Cookie: 'a=b;'.repeat(101) } }), 431, 'HEADER_TOO_LARGE');
    assertRefusal(await web.request('GET', '/api/auth/sessions', { headers: bearer('x.y.z') }), 401, 'ACCESS_TOKEN_INVALID');
  });

  it('opens the paths of the service and no others', async () => {
    for (const path of ['/healthz', '/readyz', '/.well-known/jwks.json']) assertOk(await web.request('GET', path));
    for (const path of ['/', '/healthzz', '/healthz/x', '/api', '/api/other', '/api/authority', '/.well-known/jwks.json5']) {
      const res = await web.request('GET', path);
      assert.ok([403, 404].includes(res.status), `${path}: ${res.status}`);
      assert.equal(res.json, undefined, path);
    }
  });

  it('serves many at once', async () => {
    const { accessToken } = await web.signIn();
    const answers = await Promise.all(Array.from({ length: 24 }, () => status(web, accessToken)));
    assert.ok(answers.every((res) => res.status === 200));
  });
}

function house(name, stack, body = () => {}) {
  describe(name, () => {
    const web = new Web(stack, stack.wanted[0]);
    before(() => stack.start());
    after(() => stack.stop());
    serves(web);
    body(web, stack);
  });
}

const masterOf = (stack) => processesWith(`--config\0${stack.config}`).find((pid) => childrenOf(pid).length > 0);
const descriptor = (pid, n) => readlinkSync(`/proc/${pid}/fd/${n}`);

house('conf/lighttpd-pool.conf', new Served('lighttpd-pool.conf'));
house('conf/apache-proxy.conf', new Served('apache-proxy.conf'));
house('conf/nginx.conf', new Served('nginx.conf'));

house('conf/lighttpd-spawn.conf', new Served('lighttpd-spawn.conf', { pool: false }), (web, stack) => {
  it('the workers lighttpd began take from descriptor 0, and a lost one is replaced', async () => {
    const master = masterOf(stack);
    await until(() => childrenOf(master).length === workers + 1, 'workers');
    if (process.getuid() === 0) assert.match(descriptor(master, 0), /^socket:/);
    const victim = childrenOf(master).at(-1);
    process.kill(victim, 'SIGKILL');
    await until(() => !childrenOf(master).includes(victim) && childrenOf(master).length === workers + 1, 'a new worker', { logFile: stack.logFile });
    assertOk(await web.request('GET', '/readyz'));
  });

  it('all processes end with lighttpd, and a new one begins others', async () => {
    const all = processesWith(`--config\0${stack.config}`);
    assert.ok(all.length > workers);
    await stop(stack.children[web.name]);
    await until(() => !all.some(alive), 'the end of the workers', { logFile: stack.logFile });
    await stack.startWeb(web.name);
    assertOk(await web.request('GET', '/readyz'));
  });
});

house('conf/apache-fcgid.conf', new Served('apache-fcgid.conf', { pool: false, config: { janitor: { interval: 1 } } }), (web, stack) => {
  it('each process is a worker by itself, and a lost one is replaced', async () => {
    const all = processesWith(`--config\0${stack.config}`);
    assert.ok(all.length > 0);
    assert.ok(all.every((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--single') && childrenOf(pid).length === 0));
    /* One only: mod_fcgid begins no others for a while when many have died. */
    process.kill(all[0], 'SIGKILL');
    await until(() => !alive(all[0]), 'its end');
    await until(async () => (await web.request('GET', '/readyz')).status === 200, 'service', { logFile: stack.logFile });
  });

  it('all processes end with Apache, and whoever had the lease of the janitor gives it away', async () => {
    const owner = () => stack.sql("SELECT HEX(owner) FROM lease WHERE name = 'janitor'")[0]?.[0];
    const lost = owner();
    stack.sql("UPDATE lease SET until_us = 1 WHERE name = 'janitor'");
    await until(() => owner() !== undefined && owner() !== lost, 'a worker that takes it', { logFile: stack.logFile });
    const all = processesWith(`--config\0${stack.config}`);
    await stop(stack.children[web.name]);
    await until(() => !all.some(alive), 'the end of the workers', { logFile: stack.logFile });
    assert.equal(owner(), undefined);
    await stack.startWeb(web.name);
  });
});

const port = await freePort();
house('the pool on TCP behind conf/lighttpd-pool.conf', new Served('lighttpd-pool.conf', {
  config: { server: { listen: `tcp:127.0.0.1:${port}`, workers } },
  edit: (text, stack) => text.replace(`"socket" => "${stack.file('gh.sock')}"`, `"host" => "127.0.0.1", "port" => ${port}`),
}), (web, stack) => {
  stack.startPool = async function startPool() {
    this.children.pool = start(join(buildRoot, 'gatehouse'), ['--config', this.config], { log: this.log });
    await until(async () => (await exchange({ host: '127.0.0.1', port }, whole('GET', '/healthz'))).status === 200, 'the pool', { logFile: this.logFile });
  };
  it('a second pool on the same port is refused', async () => {
    const { code } = await start(join(buildRoot, 'gatehouse'), ['--config', stack.config], { log: stack.log }).exited;
    assert.notEqual(code, 0);
    assertOk(await web.request('GET', '/readyz'));
  });
});

/** Starts the pool as systemd does: sockets from descriptor 3 on. The shell
 *  knows the process id that the environment must name. */
function activated(pool, handle, env = 'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=gatehouse.socket') {
  const program = join(buildRoot, 'gatehouse');
  return start('/bin/sh', ['-c', `exec env ${env} "$0" --config "$1"`, program, pool.config], { stdio: ['ignore', pool.log, pool.log, handle] });
}

withPool('a socket that systemd holds', { config: { server: { workers: 2 } } }, (pool) => {
  /** A listening socket that nobody accepts from, at this path. */
  async function holding(path) {
    const server = net.createServer();
    await new Promise((resolve) => {
      server.listen(`${path}.held`, resolve);
    });
    renameSync(`${path}.held`, path); // closing the server unlinks its own name only
    return server;
  }

  it('LISTEN_FDS: the passed socket is served, and left when the pool ends', async () => {
    const path = pool.file('held.sock');
    const server = await holding(path);
    const child = activated(pool, server._handle.fd);
    server.close();
    await until(async () => (await exchange({ path }, whole('GET', '/readyz'))).status === 200, 'the activated pool', { logFile: pool.logFile });
    assert.equal((await stop(child)).code, 0);
    assert.ok(statSync(path).isSocket());
    assert.equal((await pool.ask()).status, 200, 'the other pool is not concerned');
  });

  it('LISTEN_FDS of another process is not ours: the configured socket is tried', async () => {
    const server = await holding(pool.file('other.sock'));
    const { code } = await activated(pool, server._handle.fd, 'LISTEN_PID=1 LISTEN_FDS=1').exited;
    server.close();
    assert.notEqual(code, 0, 'the configured socket is in use');
  });

  it('a passed descriptor that does not listen is refused', async () => {
    const { code } = await activated(pool, 'ignore').exited;
    assert.notEqual(code, 0);
  });

  it('workers get neither the variables nor foreign descriptors', async () => {
    const path = pool.file('clean.sock');
    const server = await holding(path);
    const child = activated(pool, server._handle.fd);
    server.close();
    await until(() => childrenOf(child.pid).length === 3, 'workers', { logFile: pool.logFile });
    if (process.getuid() === 0) {
      for (const pid of childrenOf(child.pid)) {
        const open = readdirSync(`/proc/${pid}/fd`).map((n) => descriptor(pid, n));
        assert.ok(!open.some((what) => what.includes('all.log.') || what.endsWith('.test.mjs')), open.join(' '));
      }
    }
    await stop(child);
  });
});

describe('what is shipped beside', () => {
  it('every file of conf/ for a web server has a house above, or is part of one elsewhere', () => {
    const files = readdirSync(join(sourceRoot, 'conf')).filter((name) => /^(lighttpd|apache|nginx)/.test(name));
    const text = ['servers.test.mjs', 'lib/core.mjs', 'lib/frontend.mjs', 'lib/guard.mjs', '../../conf/lighttpd-guard.conf']
      .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('\n');
    for (const name of files) assert.ok(text.includes(`house('conf/${name}'`) || text.includes(`snippet('${name}'`) || text.includes(`/conf/${name}"`), name);
    assert.equal(files.length, 14);
  });

  it('systemd units name programs and signals that are there', () => {
    const unit = readFileSync(join(sourceRoot, 'conf/gatehouse.service'), 'utf8');
    for (const wanted of ['Type=notify', '--check-config', 'kill -HUP', 'NoNewPrivileges=yes', 'ProtectSystem=strict']) assert.ok(unit.includes(wanted), wanted);
    assert.match(readFileSync(join(sourceRoot, 'conf/gatehouse.socket'), 'utf8'), /SocketMode=0660/);
  });
});

