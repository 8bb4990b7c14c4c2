// SPDX-License-Identifier: MIT
// What is measured, row by row. A row is { work, figure, target, met, detail }
// with the load's own figures beside it where there are any.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { sourceRoot } from '../../tests/http/lib/stack.mjs';
import { alternate, load, median, requestFile, tool } from './measure.mjs';
import { cpuUs, family, pss } from './proc.mjs';
import { Chains, bearer, forged, http, signIn, signInRequest } from './traffic.mjs';

const STATUS = '/api/auth/status';
const LIST = '/api/auth/sessions';

/** Whose work is looked at while a load runs. */
function watched(house, web = 'lighttpd') {
  return { programs: { worker: house.children.pool.pid, web: house.children[web].pid, mariadbd: house.databasePid }, questions: () => house.questions() };
}

/** A ratio with its target, as a row. */
function ratioRow(work, result, least, extra = {}) {
  return { work, figure: result.ratio, text: result.ratio.toFixed(2), target: least === undefined ? undefined : `≥ ${least}`, met: least === undefined ? undefined : result.ratio >= least && result.failed === 0, ...result, ...extra };
}

/** What goes through a web server, beside the ceiling behind its twin. */
export function webRows(tokens) {
  const access = tokens.list.map((t) => t.access);
  const denied = { expect: 'error', least: 0.85 };
  return [
    { name: 'healthz', work: 'healthz', requests: [http('GET', '/healthz')], least: 0.95 },
    { name: 'check', work: 'session check', requests: access.map((t) => bearer(t, STATUS)), least: 0.5, workerUs: 85, mariadbdUs: 50 },
    { name: 'forged', work: 'denied: bad signature', requests: access.map((t) => bearer(forged(t), STATUS)), ...denied },
    { name: 'expired', work: 'denied: expired', requests: [bearer(tokens.expired, STATUS)], ...denied },
    { name: 'absent', work: 'denied: no token (list)', requests: [http('GET', LIST)], ...denied },
    { name: 'list', work: 'list of 10 sessions', requests: access.map((t) => bearer(t, LIST)), least: 0.4 },
  ];
}

/** The ceiling's own figure. A machine too busy breaks connections: such a run
 *  is no measure, and is done again twice before giving up. */
async function ceiling(house, web, seconds) {
  const file = requestFile(house, 'ceiling.requests', [http('GET', '/healthz')]);
  const programs = { worker: house.children.ceiling.pid, web: house.children[`${web}-ceiling`].pid };
  let got;
  for (let i = 0; i < 3; i += 1) {
    got = await load({ port: house.ports[`${web}-ceiling`], args: [file], seconds, programs });
    if (got.status + got.socket <= got.requests / 1000) return got;
  }
  throw new Error(`the ceiling behind ${web} fails: ${JSON.stringify(got)}`);
}

export async function ours(house, row, seconds, web = 'lighttpd') {
  const file = requestFile(house, `${row.name}.requests`, row.requests);
  const got = await load({ port: row.port ?? house.ports[web], args: [file], seconds, ...watched(house, web) });
  got.failed = got.socket + (row.expect === 'error' ? got.requests - got.status : got.status);
  house.served += got.requests;
  return got;
}

/** Each row beside the ceiling. With `shared`, one run of the ceiling a round
 *  serves all rows of the round. */
export async function measureWeb(house, rows, { rounds, seconds, shared = false, web = 'lighttpd' }) {
  const bases = [];
  const base = async (round) => {
    if (!shared) return ceiling(house, web, seconds);
    bases[round] ??= await ceiling(house, web, seconds);
    return bases[round];
  };
  const results = [];
  const floor = { work: `ceiling behind ${web}`, text: '1' };
  for (const row of rows) {
    const result = await alternate(rounds, base, () => ours(house, row, seconds, web));
    if (results.length === 0) results.push({ ...floor, rate: result.base, cpu: result.baseCpu });
    results.push({ name: row.name, ...ratioRow(row.work, result, row.least) });
    if (row.workerUs) {
      for (const [program, most] of [['worker', row.workerUs], ['mariadbd', row.mariadbdUs]]) {
        results.push({ work: `  its ${program}, CPU µs`, text: result.cpu[program].toFixed(0), target: `≤ ${most}`, met: result.cpu[program] <= most });
      }
    }
  }
  return results;
}

/** Through Apache: the ratio to its own ceiling, against lighttpd's ratio. */
export function compareWeb(apache, lighttpd) {
  return apache.filter((row) => row.name).map((row) => {
    const other = lighttpd.find((l) => l.name === row.name);
    const share = row.ratio / other.ratio;
    return { ...row, work: `Apache: ${row.work}`, detail: `${share.toFixed(2)} of lighttpd's ratio`, target: '≥ 0.9 of it', met: share >= 0.9 && row.failed === 0 };
  });
}

export async function measureRefresh(house, chains, { rounds, seconds }) {
  const commit = () => tool('commit_rate', [house.socket, 'gatehouse', house.password, house.schema, house.workers, seconds], seconds);
  const refresh = async () => {
    const got = await load({ port: house.ports.lighttpd, script: 'refresh.lua', args: [chains.file, seconds], seconds, ...watched(house) });
    chains.advance();
    house.served += got.requests;
    return { ...got, failed: got.status + got.socket };
  };
  const result = await alternate(rounds, commit, refresh);
  return ratioRow('refresh', result, 0.6, { detail: `of ${result.base.toFixed(0)} commits/s` });
}

export async function measureSignIn(house, emails, { rounds, seconds }) {
  const p = house.overrides.passwords;
  const file = requestFile(house, 'login.requests', emails.map(signInRequest));
  const bare = () => tool('argon2_rate', [p.parallel_hashes, seconds, p.memory_kib, p.passes], seconds);
  const login = async () => {
    const got = await load({ port: house.ports.lighttpd, args: [file], connections: 8, seconds, ...watched(house) });
    return { ...got, failed: got.status + got.socket };
  };
  const result = await alternate(rounds, bare, login);
  return ratioRow('sign-in', result, 0.9, { detail: `of ${result.base.toFixed(0)} bare hashes/s` });
}

/** Checks alone, then with sign-ins from 16 connections beside them. */
export async function measureStorm(house, row, emails, { rounds, seconds }) {
  const file = requestFile(house, 'storm.requests', emails.map(signInRequest));
  let signIns = [];
  const stormy = async () => {
    const storm = load({ port: house.ports.lighttpd, args: [file], connections: 16, seconds: seconds + 1 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const got = await ours(house, row, seconds);
    const { rate, status, socket } = await storm;
    signIns = [...signIns, { rate, failed: status + socket }];
    return got;
  };
  const result = await alternate(rounds, () => ours(house, row, seconds), stormy);
  const failed = signIns.reduce((sum, s) => sum + s.failed, 0);
  return ratioRow('checks in a sign-in storm', result, 0.5, {
    detail: `of ${result.base.toFixed(0)}/s alone; ${median(signIns.map((s) => s.rate)).toFixed(0)} sign-ins/s beside, ${failed} refused`, cpu: {}, byCpu: undefined,
  });
}

function workers(house) {
  return family(house.children.pool.pid).slice(1);
}

/** Memory of the workers in MiB: median and most, without the password arenas
 *  they share, and with them. */
export function memory(house) {
  const all = workers(house).map((pid) => pss(pid));
  const own = all.map((m) => (m.all - m.shared) / 1024);
  return { served: house.served, own: median(own), most: Math.max(...own), whole: Math.max(...all.map((m) => m.all / 1024)) };
}

export function memoryRows(samples) {
  const last = samples.at(-1);
  const grown = last.own - samples[0].own;
  const shown = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(2)}·10⁶` : `${Math.round(n / 1000)}·10³`);
  return [
    { work: 'memory per worker, MiB PSS', text: last.most.toFixed(2), target: '≤ 4', met: last.most <= 4, detail: `${last.whole.toFixed(2)} with its share of the password arenas` },
    { work: '  its growth', text: grown.toFixed(2), target: 'flat (≤ 0.25)', met: grown <= 0.25, detail: `from ${shown(samples[0].served)} to ${shown(last.served)} requests` },
  ];
}

export async function measureStart(house, times) {
  const all = [];
  for (let i = 0; i < times; i += 1) all.push(await house.restartPool());
  return { work: 'start to first answer, ms', text: median(all).toFixed(0), target: '≤ 150', met: median(all) <= 150, detail: `of ${times} starts, /readyz` };
}

/** Waits until MariaDB has put in order what a bulk load left behind: sessions
 *  that have been there for days are on the disk, and nobody waits for them to
 *  be written. */
async function settle(house, limitS = 240) {
  const [[share]] = house.sql('SELECT @@GLOBAL.innodb_max_dirty_pages_pct');
  house.sql('SET GLOBAL innodb_max_dirty_pages_pct = 0');
  for (let i = 0; i < limitS; i += 1) {
    const before = cpuUs(house.databasePid);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const [[, dirty]] = house.sql("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'");
    if (Number(dirty) < 1000 && cpuUs(house.databasePid) - before < 30000) break;
  }
  house.sql(`SET GLOBAL innodb_max_dirty_pages_pct = ${share}`);
}

/** The time span, in ms, in which the sessions' UUIDv7 were made. */
function span(tokens) {
  const at = tokens.map((t) => Number.parseInt(t.session.replaceAll('-', '').slice(0, 12), 16));
  return [Math.min(...at), Math.max(...at) + 1];
}

/** Check, refresh and list with ever more sessions around the measured ones;
 *  cost is worker and mariadbd together, per request. The ceiling's own cost
 *  meanwhile tells how slow the machine was, and is taken out of the change. */
export async function measureGrowth(house, tokens, chains, { sizes, rounds, seconds, say }) {
  const rows = webRows(tokens).filter((r) => ['check', 'list'].includes(r.name));
  const first = {};
  let slowness;
  const out = [];
  for (const size of sizes) {
    say(`filling to ${size} sessions`);
    const [from, to] = span([...tokens.list, ...tokens.refresh]);
    execFileSync(join(sourceRoot, 'bench/fill'), ['--socket', house.socket, '--schema', house.schema, '--sessions', size, '--from', from, '--to', to].map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
    await settle(house);
    for (const row of rows) await ours(house, row, 1);
    const measured = await measureWeb(house, rows.map((r) => ({ ...r, workerUs: undefined })), { rounds, seconds });
    measured.push({ name: 'refresh', ...await measureRefresh(house, chains, { rounds, seconds }) });
    for (const m of measured.filter((row) => row.name)) {
      const cost = m.cpu.worker + m.cpu.mariadbd;
      slowness = m.baseCost ?? slowness;
      first[m.name] ??= cost / slowness;
      const change = (cost / slowness / first[m.name] - 1) * 100;
      out.push({ ...m, work: `${m.work}, ${size.toExponential(0).replace('e+', '·10^')} sessions`, text: `${cost.toFixed(0)} µs`, target: '± 15 % of the first', met: Math.abs(change) <= 15 && m.failed === 0, detail: `${change >= 0 ? '+' : ''}${change.toFixed(0)} %, ratio ${m.ratio.toFixed(2)}` });
    }
  }
  return out;
}

/** Signs in the people whose sessions are used: ten each. */
export async function makeTokens(house, emails, refreshEmails) {
  return { list: await signIn(house, emails, 10), refresh: await signIn(house, refreshEmails, 10) };
}

export { Chains };
