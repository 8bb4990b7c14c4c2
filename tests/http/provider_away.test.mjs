// SPDX-License-Identifier: MIT
// Providers that hang, drip, flood or are not there: they cost a sign-in at them,
// and nobody else anything. The processes that wait for them live as others do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Connection, whole } from './lib/fcgi_client.mjs';
import { startHostile, replies } from './lib/hostile.mjs';
import { Pool, alive } from './lib/pool.mjs';
import { folder, own, remove, until } from './lib/process.mjs';
import { Stack, Web } from './lib/stack.mjs';

const app = 'https://app.example.test/in';
const start = (name) => `/api/auth/oauth2/authorization/${name}`;
const asScript = { fields: { HTTP_ACCEPT: 'application/json' } };
const login = { body: JSON.stringify({ email: 'nobody@example.org', password: 'a long enough phrase' }) };

function config(hostile, names, more = {}) {
  const sections = { server: { workers: 2 }, oauth2: { enabled: 'yes', redirect_uris: app, parallel: 1 }, ...more };
  for (const name of names) sections[`provider ${name}`] = { client_id: 'gatehouse', client_auth: 'none', issuer: hostile.issuer(name) };
  return sections;
}

/** All that does not ask a provider is served, while one hangs. */
async function othersAreServed(ask) {
  const [health, ready, list, status, signIn] = await Promise.all([
    ask('GET', '/healthz'), ask('GET', '/readyz'), ask('GET', '/api/auth/oauth2/providers'), ask('GET', '/api/auth/status'), ask('POST', '/api/auth/login', login),
  ]);
  assert.deepEqual([health.status, ready.status, list.status, status.status], [200, 200, 200, 200]);
  assert.ok(signIn.status < 500, `${signIn.status}`);
}

describe('the pool', () => {
  let hostile;
  let pool;
  const waiting = [];
  before(async () => {
    hostile = await startHostile();
    hostile.traits('silent', { discovery: replies.hang });
    pool = new Pool({ config: config(hostile, ['silent', 'good', 'huge', 'loop', 'half', 'garbage', 'close']) });
    await pool.start();
    await pool.complete(4);
  });
  after(async () => {
    hostile.release();
    await pool.stop();
    await hostile.stop();
  });

  it('sends browsers to a provider that answers', async () => {
    const res = await pool.ask('GET', start('good'), { fields: { HTTP_ACCEPT: 'text/html' } });
    assert.equal(res.status, 302, res.text);
    assert.ok(`${res.headers.location}`.startsWith(`${hostile.issuer('good')}/authorize?`), JSON.stringify(res.headers));
  });

  for (const what of ['huge', 'loop', 'half', 'garbage', 'close']) {
    it(`F54 metadata that ${what === 'loop' ? 'lead on and on' : `are "${what}"`} end in 503`, async () => {
      hostile.traits(what, { discovery: replies[what] });
      const before_ = hostile.asked.filter((a) => a.name === what).length;
      const res = await pool.ask('GET', start(what), asScript);
      assert.equal(res.status, 503, res.text);
      assert.match(res.text, /"PROVIDER_UNAVAILABLE"/);
      assert.doesNotMatch(res.text, /127\.0\.0\.1/);
      /* No redirect is followed; one that broke is at most tried once more. */
      assert.ok(hostile.asked.filter((a) => a.name === what).length - before_ <= 2);
    });
  }

  it('F54 a provider that never answers leaves the other endpoints served, and others at it get 503', async () => {
    for (let i = 0; i < 40; i += 1) waiting.push(pool.ask('GET', start('silent'), asScript));
    const first = await Promise.race(waiting);
    assert.equal(first.status, 503, first.text);
    assert.match(first.text, /"SERVICE_UNAVAILABLE"/);
    assert.match(`${first.headers['retry-after']}`, /^\d+$/);
    await until(() => hostile.asked.some((a) => a.name === 'silent'), 'the provider to be asked');
    for (let i = 0; i < 3; i += 1) await othersAreServed((...of) => pool.ask(...of));
    assert.deepEqual(pool.events('server.child_killed'), []);
  });

  it('F54 once it lets go, those that waited are told so, and its processes serve others', async () => {
    hostile.traits('silent', { discovery: replies.close });
    hostile.release();
    for (const res of await Promise.all(waiting)) assert.equal(res.status, 503, res.text);
    assert.equal((await pool.ask('GET', start('good'), asScript)).status, 200);
  });

  it('F54 those who gave up waiting are not asked for', async () => {
    hostile.traits('silent', { discovery: replies.hang });
    const asks = () => hostile.asked.filter((a) => a.name === 'silent').length;
    const from = asks();
    const served = pool.ask('GET', start('silent'), asScript);
    await until(() => asks() > from, 'the provider to be asked');
    const left = Array.from({ length: 4 }, () => new Connection(pool.where).write(whole('GET', start('silent'), asScript)));
    await othersAreServed((...of) => pool.ask(...of));
    for (const connection of left) connection.socket.destroy();
    await Promise.all(left.map((connection) => connection.closed));
    hostile.traits('silent', { discovery: replies.close });
    hostile.release();
    assert.equal((await served).status, 503);
    assert.equal((await pool.ask('GET', start('good'), asScript)).status, 200);
    /* A kept connection that breaks is tried once more. */
    assert.ok(asks() - from <= 2, `${asks() - from}`);
  });

  it('F1 a process that waits for providers is replaced when it is killed', async () => {
    hostile.traits('silent', { discovery: replies.hang });
    const asked = hostile.asked.length;
    const lost = pool.ask('GET', start('silent'), asScript);
    await until(() => hostile.asked.length > asked, 'the provider to be asked');
    /* Children begin in the order of their places: these come last. */
    process.kill(pool.workers.at(-1), 'SIGKILL');
    assert.equal((await lost).status, 0);
    await pool.logged('server.child_died');
    assert.equal(pool.events('server.child_died')[0].role, 'provider');
    hostile.traits('silent', { discovery: undefined });
    await pool.complete(4);
    assert.equal((await pool.ask('GET', start('silent'), asScript)).status, 200);
  });

  it('F38 a reload takes providers and the number of these processes, and off means none', async () => {
    pool.reconfigure(config(hostile, ['good'], { oauth2: { enabled: 'yes', redirect_uris: app, parallel: 3 } }));
    process.kill(pool.master.pid, 'SIGHUP');
    await pool.complete(6);
    await until(async () => (await pool.ask('GET', start('silent'), asScript)).status === 404, 'the provider to be unknown');
    pool.reconfigure({ server: { workers: 2 } });
    process.kill(pool.master.pid, 'SIGHUP');
    await pool.complete(3);
    await until(async () => (await pool.ask('GET', '/api/auth/oauth2/providers', asScript)).status === 404, 'sign-in by providers to be off');
    assert.equal((await pool.ask('GET', start('good'), asScript)).status, 404);
    assert.ok(pool.workers.every(alive));
  });
});

/** A provider's metadata over TLS, whatever it is called. */
async function tlsProvider(dir, options = {}) {
  const server = https.createServer({ key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(join(dir, 'certificate.pem')), ...options }, (req, res) => {
    const issuer = `https://${req.headers.host}`;
    res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({
      issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`,
    }));
  });
  server.on('tlsClientError', () => {});
  await new Promise((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  return server;
}

describe('certificates', () => {
  let dir;
  let servers;
  let pool;
  before(async () => {
    dir = folder();
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'certificate.pem')], { stdio: 'ignore' });
    own(join(dir, 'certificate.pem'));
    servers = [await tlsProvider(dir), await tlsProvider(dir, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' })];
    const [port, old] = servers.map((server) => server.address().port);
    const us = { client_id: 'gatehouse', client_auth: 'none' };
    const ca = { ca_file: join(dir, 'certificate.pem') };
    pool = new Pool({ config: {
      server: { workers: 2 }, oauth2: { enabled: 'yes', redirect_uris: app, parallel: 1 },
      'provider trusted': { ...us, ...ca, issuer: `https://localhost:${port}` },
      'provider unknown': { ...us, issuer: `https://localhost:${port}` },
      'provider misnamed': { ...us, ...ca, issuer: `https://127.0.0.1:${port}` },
      'provider old': { ...us, ...ca, issuer: `https://localhost:${old}` },
    } });
    await pool.start();
  });
  after(async () => {
    await pool.stop();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    remove(dir);
  });

  it('A-12.3.2 of the authority that is configured will do', async () => {
    assert.equal((await pool.ask('GET', start('trusted'), asScript)).status, 200);
  });

  for (const [name, what] of [['unknown', 'of an unknown authority'], ['misnamed', 'of another name'], ['old', 'behind TLS 1.1']]) {
    it(`F54 A-12.3.2 one ${what} will not`, async () => {
      const res = await pool.ask('GET', start(name), asScript);
      assert.equal(res.status, 503, res.text);
      assert.match(res.text, /"PROVIDER_UNAVAILABLE"/);
      const told = pool.events('oidc.unavailable').find((e) => e.provider === name);
      assert.ok(told, 'the operator is told');
      if (name !== 'old') assert.equal(told.why, 'its certificate is not good');
    });
  }
});

describe('behind web servers', () => {
  let hostile;
  let stack;
  before(async () => {
    hostile = await startHostile();
    hostile.traits('silent', { discovery: replies.hang });
    stack = new Stack({ config: config(hostile, ['silent']) });
    await stack.start();
  });
  after(async () => {
    hostile.release();
    await stack.stop();
    await hostile.stop();
  });

  for (const name of ['lighttpd', 'apache']) {
    it(`F54 ${name}: a provider that never answers leaves the other endpoints served`, async () => {
      const web = new Web(stack, name);
      const headers = { Accept: 'application/json' };
      const asked = hostile.asked.length;
      const waiting = [1, 2, 3].map(() => web.request('GET', start('silent'), { headers }));
      await until(() => hostile.asked.length > asked, 'the provider to be asked');
      for (const path of ['/healthz', '/readyz', '/api/auth/oauth2/providers']) {
        assert.equal((await web.request('GET', path)).status, 200);
      }
      hostile.release();
      hostile.traits('silent', { discovery: replies.close });
      for (const res of await Promise.all(waiting)) assert.equal(res.status, 503, res.text);
      hostile.traits('silent', { discovery: replies.hang });
    });
  }
});
