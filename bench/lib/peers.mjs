// SPDX-License-Identifier: MIT
// Peers on the same machine and database server, where they are installed.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { request } from '../../tests/http/lib/client.mjs';
import { freePort, start, stop, until } from '../../tests/http/lib/process.mjs';
import { sourceRoot } from '../../tests/http/lib/stack.mjs';
import { load, median, requestFile } from './measure.mjs';
import { http } from './traffic.mjs';

const betterAuth = process.env.BENCH_BETTER_AUTH ?? join(sourceRoot, 'bench/peers/better-auth');
const password = 'a long enough phrase';

async function runs(plan, one) {
  const all = [];
  for (let i = 0; i < plan.rounds; i += 1) all.push(await one());
  const last = all.at(-1);
  return {
    rate: median(all.map((r) => r.rate)), p99: median(all.map((r) => r.p99)), sql: last.sql,
    cpu: { worker: median(all.map((r) => r.cpu.worker)), mariadbd: median(all.map((r) => r.cpu.mariadbd)) },
    failed: all.reduce((sum, r) => sum + r.status + r.socket, 0),
  };
}

/** Session check, list and sign-in of better-auth, which is its own server. */
async function measureBetterAuth(house, plan) {
  house.sqlServer(`CREATE DATABASE peer CHARACTER SET utf8mb4; GRANT ALL ON peer.* TO 'gatehouse'@'localhost'`);
  const port = await freePort();
  const child = start('node', [join(betterAuth, 'server.mjs'), String(port), house.socket, 'gatehouse', house.password, 'peer'], { log: house.log });
  await until(async () => (await request(port, 'GET', '/healthz')).status === 200, 'better-auth', { logFile: house.logFile });
  const headers = { Origin: `http://127.0.0.1:${port}` };
  const credentials = JSON.stringify({ email: 'ann@example.org', password, name: 'Ann' });
  const signUp = await request(port, 'POST', '/api/auth/sign-up/email', { body: credentials, headers: { ...headers, 'Content-Type': 'application/json' } });
  if (signUp.status !== 200) throw new Error(`better-auth sign-up: ${signUp.status} ${signUp.text}`);
  const cookies = [];
  for (let i = 0; i < 10; i += 1) {
    const res = await request(port, 'POST', '/api/auth/sign-in/email', { body: credentials, headers: { ...headers, 'Content-Type': 'application/json' } });
    cookies.push(res.cookies.map((c) => `${c.name}=${c.value}`).join('; '));
  }
  const rows = [];
  for (const [work, texts, connections] of [
    ['session check', cookies.map((c) => http('GET', '/api/auth/get-session', { Cookie: c })), 32],
    ['list of sessions', cookies.map((c) => http('GET', '/api/auth/list-sessions', { Cookie: c })), 32],
    ['sign-in', [http('POST', '/api/auth/sign-in/email', headers, credentials)], 8],
  ]) {
    const file = requestFile(house, 'peer.requests', texts);
    const got = await runs(plan, () => load({ port, args: [file], connections, seconds: plan.seconds, programs: { worker: child.pid, mariadbd: house.databasePid }, questions: () => house.questions() }));
    rows.push({ work: `better-auth: ${work}`, text: `${got.rate.toFixed(0)}/s`, ...got });
  }
  await stop(child);
  return rows;
}

/** Rows of every peer; one that is not measured says why. */
export async function measurePeers(house, plan, say) {
  const glewlwyd = { work: 'glewlwyd', text: existsSync('/usr/bin/glewlwyd') ? 'not measured' : 'not installed' };
  if (!existsSync(join(betterAuth, 'node_modules'))) {
    return [{ work: 'better-auth', text: 'not installed', detail: 'npm install in bench/peers/better-auth, or BENCH_BETTER_AUTH' }, glewlwyd];
  }
  say('better-auth');
  return [...await measureBetterAuth(house, plan), glewlwyd];
}
