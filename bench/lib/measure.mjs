// SPDX-License-Identifier: MIT
// One load at a time: rate, latency and processor time of who did the work.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildRoot, sourceRoot } from '../../tests/http/lib/stack.mjs';
import { cpuUs, reapedUs } from './proc.mjs';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Runs a program to its end; its standard output as JSON (the last line). */
function json(program, args, limitS) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: (limitS + 20) * 1000, killSignal: 'SIGKILL' });
    let out = '';
    let err = '';
    child.stdout.on('data', (d) => { out += d; });
    child.stderr.on('data', (d) => { err += d; });
    child.on('error', reject);
    child.on('close', (code) => {
      const line = out.split('\n').filter((l) => l.startsWith('{')).at(-1);
      if (code !== 0 || !line) reject(new Error(`${program} ${args.join(' ')}: ${code}\n${out}${err}`));
      else resolve(JSON.parse(line));
    });
  });
}

/** A tool of bench/ from the build folder. */
export function tool(name, args, seconds) {
  return json(join(buildRoot, 'bench', name), args.map(String), seconds);
}

/** Writes requests to a file that replay.lua reads. */
export function requestFile(house, name, requests) {
  const file = house.file(name);
  writeFileSync(file, requests.join('\0'));
  return file;
}

/** Loads a web server of the house with wrk; `programs` are the pids whose
 *  processor time per request is told, `questions` counts SQL statements. */
export async function load({ port, script = 'replay.lua', args, connections = 32, seconds, programs = {}, questions }) {
  const asked = questions?.();
  const client = reapedUs();
  const before = Object.fromEntries(Object.entries(programs).map(([name, pid]) => [name, cpuUs(pid)]));
  const got = await json('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', join(sourceRoot, 'bench/wrk', script), `http://127.0.0.1:${port}`, '--', ...args.map(String)], seconds);
  const cpu = { wrk: (reapedUs() - client) / Math.max(1, got.requests) };
  for (const [name, pid] of Object.entries(programs)) cpu[name] = (cpuUs(pid) - before[name]) / Math.max(1, got.requests);
  const sql = questions && (questions() - asked - 1) / Math.max(1, got.requests);
  const cost = Object.values(cpu).reduce((sum, us) => sum + us, 0);
  return { ...got, rate: got.requests / got.seconds, cpu, cost, sql };
}

/** Rounds of a and b in turn: A B A B …; medians of the rates, of their ratio
 *  pair by pair, of b's latency and processor time. */
export async function alternate(rounds, a, b) {
  const pairs = [];
  for (let i = 0; i < rounds; i += 1) pairs.push([await a(i), await b(i)]);
  const of = (pick) => median(pairs.map(pick));
  const last = pairs.at(-1)[1];
  return {
    base: of(([x]) => x.rate), rate: of(([, y]) => y.rate), ratio: of(([x, y]) => y.rate / x.rate),
    p99: last.p99 === undefined ? undefined : of(([, y]) => y.p99),
    cpu: Object.fromEntries(Object.keys(last.cpu ?? {}).map((name) => [name, of(([, y]) => y.cpu[name])])),
    byCpu: last.cost === undefined ? undefined : of(([x, y]) => x.cost / y.cost),
    baseCost: pairs[0][0].cost === undefined ? undefined : of(([x]) => x.cost),
    baseCpu: pairs.at(-1)[0].cpu, sql: last.sql === undefined ? undefined : of(([, y]) => y.sql),
    requests: pairs.reduce((sum, [, y]) => sum + (y.requests ?? 0), 0),
    failed: pairs.reduce((sum, [, y]) => sum + (y.failed ?? 0), 0),
    broken: [0, 1].map((i) => pairs.reduce((sum, pair) => sum + (pair[i].socket ?? 0), 0)),
  };
}
