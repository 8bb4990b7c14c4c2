// SPDX-License-Identifier: MIT
// DEMO=1 script/server, as somebody tries it who has just found this.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { buildRoot, sourceRoot } from './lib/stack.mjs';
import { Browser } from './lib/client.mjs';
import { assertOk, assertProblem } from './lib/checks.mjs';
import { remove, until } from './lib/process.mjs';
import { TestProvider, visit } from './lib/provider.mjs';

const state = mkdtempSync(join(tmpdir(), 'gh-demo-'));
let port;
let child;
let said = '';

const isFree = (number) => new Promise((resolve) => {
  const server = net.createServer();
  server.once('error', () => resolve(false));
  server.listen(number, '127.0.0.1', () => server.close(() => resolve(true)));
});

/** Two free ports in a row, from where the kernel takes none for others. */
async function freePair() {
  for (;;) {
    const first = 20000 + Math.floor(Math.random() * 10000);
    if (await isFree(first) && await isFree(first + 1)) return first;
  }
}

/** What the programs have logged, for whoever looks into a failure. */
function logged() {
  try {
    return readFileSync(join(state, 'log'), 'utf8').slice(-2000);
  } catch {
    return '';
  }
}

before(async () => {
  port = await freePair();
  child = spawn(join(sourceRoot, 'script/server'), { env: { ...process.env, DEMO: '1', PORT: port, STATE: state, GATEHOUSE_BUILD: buildRoot }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.ended = new Promise((done) => {
    child.once('exit', done);
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
  await until(() => /^ready: /m.test(said) || child.exitCode !== null, 'ready', { limitMs: 120000 });
  assert.equal(child.exitCode, null, `${said}\n${logged()}`);
});

after(async () => {
  child.kill('SIGTERM');
  await child.ended;
  remove(state);
});

it('DEMO=1 offers a provider with two people: Ann signs in, signs out there, and is signed out here', async () => {
  const issuer = `http://localhost:${port + 1}`;
  const site = `http://127.0.0.1:${port}`;
  assert.ok(said.includes(`${site}/demo.html`) && said.includes(issuer), said);
  const browser = new Browser(port, { origin: site });
  const page = await browser.get('/demo.html');
  assert.match(page.headers['content-type'], /^text\/html/);
  const [, link] = /id="sign-in" href="([^"]+)"/.exec(page.text);
  const out = await browser.get(link);
  assert.ok(out.headers.location?.startsWith(`${issuer}/`), out.text);
  const jar = new Map();
  const login = await visit(jar, new URL((await visit(jar, new URL(out.headers.location))).headers.location, issuer));
  for (const name of ['Ann', 'Bob']) assert.ok(login.text.includes(`Sign in as ${name}`));
  const provider = Object.assign(new TestProvider(), { issuer });
  const { url } = await provider.signIn(jar, out.headers.location, { person: '1001' });
  const back = await browser.get(url.pathname + url.search);
  assert.equal(back.headers.location, `${site}/demo.html`);
  assert.equal(assertOk(await browser.get('/api/users/me')).email, 'ann@example.org');
  await provider.signOut(jar);
  assertProblem(await browser.get('/api/users/me'), 401, 'SESSION_INVALID');
});
