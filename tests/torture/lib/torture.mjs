// SPDX-License-Identifier: MIT
// A pool of one worker under the interposer (torture.h): each request may be
// told which of its calls fails, and says how many it made.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { exchange, whole } from '../../http/lib/fcgi_client.mjs';
import { Pool, alive } from '../../http/lib/pool.mjs';
import { own, start, until } from '../../http/lib/process.mjs';
import { buildRoot } from '../../http/lib/stack.mjs';

export const Kind = { MEMORY: 0, RANDOM: 1, CRYPTO: 2, MYSQL: 3, SQL: 4, FREE: 5 };
export const Act = { PASS: 0, FAIL: 1, LOSE: 2, KILL: 3, KILL_AFTER: 4, LIE: 5, CRASH: 6, SWALLOW: 7 };

/** Words of struct torture_page in their order; then its two texts. */
const words = ['armed', 'kind', 'nth', 'act', 'number', 'always', 'watch', 'state', 'pid', 'memory', 'random', 'crypto', 'mysql', 'sql', 'free', 'fired', 'live'];
const TEXT = 32768;
const SIZE = words.length * 8 + 2 * TEXT;
const DONE = 2n;

const tick = () => new Promise((resolve) => { setImmediate(resolve); });

/** The page as the driver sees it. */
export class Page {
  constructor(path) {
    this.path = path;
    writeFileSync(path, Buffer.alloc(SIZE));
    own(path);
    this.fd = openSync(path, 'r+');
  }

  set(fields) {
    for (const [name, value] of Object.entries(fields)) {
      const word = Buffer.alloc(8);
      word.writeBigUInt64LE(BigInt(value));
      writeSync(this.fd, word, 0, 8, words.indexOf(name) * 8);
    }
  }

  read() {
    const bytes = Buffer.alloc(SIZE);
    readSync(this.fd, bytes, 0, SIZE, 0);
    const text = (at) => bytes.subarray(at, at + TEXT).toString('latin1').split('\0')[0].trim();
    const fields = Object.fromEntries(words.map((name, i) => [name, Number(bytes.readBigUInt64LE(i * 8))]));
    return { ...fields, trace: text(words.length * 8), held: text(words.length * 8 + TEXT) };
  }

  get done() {
    const word = Buffer.alloc(8);
    readSync(this.fd, word, 0, 8, words.indexOf('state') * 8);
    return word.readBigUInt64LE() === DONE;
  }

  close() {
    closeSync(this.fd);
  }
}

/** Rows without a new client for each question. */
class Rows {
  constructor(socket, schema) {
    this.child = spawn('mariadb', ['--no-defaults', '-uroot', `--socket=${socket}`, '-N', '-B', '--unbuffered', schema], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.text = '';
    this.child.stdout.on('data', (bytes) => {
      this.text += bytes;
      this.wake?.();
    });
  }

  async ask(sql) {
    this.text = '';
    this.child.stdin.write(`${sql};\nSELECT '~end~';\n`);
    while (!this.text.endsWith('~end~\n')) await new Promise((resolve) => { this.wake = resolve; });
    return this.text.slice(0, -6).split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  end() {
    this.child.stdin.end();
  }
}

const known = new Map();

/** "file:line" of the frames of a trace, innermost first. */
export function placesOf(trace) {
  return trace.split('\n').filter((frame) => frame && !frame.includes('/torture.so+')).map((frame) => {
    const [, file, offset] = /^(.*)\+(0x[0-9a-f]+)$/.exec(frame) ?? [undefined, frame, '0x0'];
    if (basename(file) !== 'gatehouse') return `${basename(file)}+${offset}`;
    const back = `0x${(Number(offset) - 1).toString(16)}`;
    if (!known.has(back)) known.set(back, execFileSync('addr2line', ['-s', '-f', '-e', file, back], { encoding: 'utf8' }).trim().replace('\n', ' '));
    return known.get(back);
  });
}

export class TorturePool extends Pool {
  constructor({ config = {}, library = join(buildRoot, 'tests/torture/torture.so') } = {}) {
    super({
      ownDatabase: true,
      config: {
        server: { workers: 1, io_timeout: 2 },
        throttle: { network_limit: 100000, register_limit: 100000, account_limit: 100, device_limit: 100 },
        tokens: { refresh_overlap: 300 },
        ...config,
      },
    });
    this.library = library;
  }

  get environment() {
    return { LD_PRELOAD: this.library, GATEHOUSE_TORTURE: this.page.path };
  }

  async startPool() {
    this.page ??= new Page(this.file('torture'));
    this.children.pool = start(join(buildRoot, 'gatehouse'), ['--config', this.config], { log: this.log, env: this.environment });
    /* Not by trying: the first request of a worker may be the one that counts. */
    await until(() => this.workers.length === 2 && readFileSync('/proc/net/unix', 'utf8').includes(this.where.path), 'the pool', { logFile: this.logFile });
  }

  async start() {
    await super.start();
    this.rows = new Rows(this.socket, this.schema);
  }

  async stop() {
    this.rows?.end();
    await super.stop();
    this.page?.close();
  }

  query(sql) {
    return this.rows.ask(sql);
  }

  /** A request with a plan { kind, nth, act, number, watch }; the answer, and in
   *  `told` what the worker says of it, `died` when it did not live to. */
  async under(plan, method, uri, options) {
    this.page.set({ state: 0, fired: 0, kind: plan.kind ?? 0, nth: plan.nth ?? 0, act: plan.act ?? 0, number: plan.number ?? 0, watch: plan.watch ?? 0, pid: 0 });
    this.page.set({ armed: 1 });
    const res = await exchange(this.where, whole(method, uri, options), 20000);
    const { pid } = this.page.read();
    while (!this.page.done && pid !== 0 && alive(pid)) await tick();
    this.page.set({ armed: 0 });
    return Object.assign(res, { told: this.page.read(), died: !this.page.done });
  }

  /** The same with nothing failing. */
  ask(method, uri, options) {
    return this.under({}, method, uri, options);
  }

  /** Sends the worker's connections away and its keys out of date, so that the
   *  next request begins as if it were the first. */
  async chill() {
    const ids = await this.query("SELECT id FROM information_schema.processlist WHERE user = 'gatehouse'");
    for (const [id] of ids) await this.query(`KILL ${id}`);
    await this.query('UPDATE realm SET key_generation = key_generation + 1');
  }
}
