// SPDX-License-Identifier: MIT
// script/sdk-core, as somebody uses it to run an SDK's published tests: a core
// beside a command, whose end is its own, and nothing left afterwards.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { freePort, remove, until } from './lib/process.mjs';
import { buildRoot, sourceRoot } from './lib/stack.mjs';

const temporary = mkdtempSync(join(tmpdir(), 'gh-sdk-core-'));
after(() => remove(temporary));

function begin(...args) {
  const child = spawn(join(sourceRoot, 'script/sdk-core'), args, { cwd: temporary, env: { ...process.env, GATEHOUSE_BUILD: buildRoot, TMPDIR: temporary } });
  child.said = '';
  child.told = '';
  child.stdin.end('asked');
  child.stdout.setEncoding('utf8').on('data', (text) => { child.said += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { child.told += text; });
  child.ended = new Promise((done) => { child.once('close', (code) => done(code)); });
  return child;
}

const isFree = (port) => new Promise((resolve) => {
  const server = net.createServer();
  server.once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

/* What a suite of an SDK does first: an application with a setting that only a
   core for tests takes. */
const client = `
  import { readFileSync } from 'node:fs';
  const core = 'http://' + process.env.SUPERTOKENS_CORE_HOST + ':' + process.env.SUPERTOKENS_CORE_PORT;
  const answer = await fetch(core + '/recipe/multitenancy/app/v2', { method: 'PUT', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ appId: 'suite', coreConfig: { access_token_dynamic_signing_key_update_interval: 0.001 } }) });
  console.log(JSON.stringify({ core, cwd: process.cwd(), input: readFileSync(0, 'utf8'), answered: answer.status, ...await answer.json() }));
  process.exit(7);
`;

it('runs a command beside a core without keys, carries its exit status and leaves nothing (C06)', async () => {
  const port = await freePort();
  const file = join(temporary, 'client.mjs');
  writeFileSync(file, client);
  const child = begin('--port', String(port), '--', process.execPath, file);
  assert.equal(await child.ended, 7, child.told);
  const { core, cwd, input, status, createdNew, answered } = JSON.parse(child.said);
  assert.deepEqual({ core, cwd, input, status, createdNew, answered }, { core: `http://127.0.0.1:${port}`, cwd: temporary, input: 'asked', status: 'OK', createdNew: true, answered: 200 });
  assert.ok(await isFree(port), 'the port is free again');
  assert.deepEqual(readdirSync(temporary), ['client.mjs'], 'no state is left');
});

it('takes the core down when it is told to end, and the command with it (C06)', async () => {
  const port = await freePort();
  const child = begin('--web', 'apache', '--port', String(port), '--', process.execPath, '-e', 'console.log(process.pid); setInterval(() => {}, 1000)');
  await until(() => /\n/.test(child.said), 'the command', { limitMs: 120000 });
  const command = Number(child.said);
  child.kill('SIGTERM');
  assert.equal(await child.ended, 143, child.told);
  assert.throws(() => process.kill(command, 0), { code: 'ESRCH' });
  assert.ok(await isFree(port), 'the port is free again');
});

for (const [what, args] of Object.entries({
  'no command': ['--'],
  'nothing at all': [],
  'a word that is no option': ['--quick', '--', 'true'],
  'a port that is no number': ['--port', '35x7', '--', 'true'],
  'a web server it does not know': ['--web', 'iis', '--', 'true'],
})) {
  it(`tells its use for ${what}`, async () => {
    const child = begin(...args);
    assert.equal(await child.ended, 2);
    assert.match(child.told, /script\/sdk-core .*-- COMMAND/);
  });
}
