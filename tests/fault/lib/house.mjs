// SPDX-License-Identifier: MIT
// A house whose database, wire, processes and clock a test may break: a private
// MariaDB behind the proxy, the pool and Apache's workers before it.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, before, after } from 'node:test';
import { promisify } from 'node:util';
import { request } from '../../http/lib/client.mjs';
import { start, stop, until } from '../../http/lib/process.mjs';
import { Stack, Web, buildRoot, sourceRoot } from '../../http/lib/stack.mjs';
import { Proxy } from './proxy.mjs';

const exec = promisify(execFile);
const database = join(sourceRoot, 'tests/lib/mariadb');

/** Whole form of the suite: more rounds, longer spans, rows that cost. */
export const full = process.env.GATEHOUSE_FAULTS === 'full';

/** Short limits, so that what takes its longest is over soon. */
const settings = {
  server: { workers: 4, request_timeout: 12, io_timeout: 3 },
  database: { connect_timeout: 1, read_timeout: 2 },
  throttle: { network_limit: 100000, register_limit: 100000, account_limit: 100 },
};

/** Overrides laid over defaults, section by section. */
export function merged(base, config) {
  const all = { ...base };
  for (const [section, keys] of Object.entries(config)) all[section] = { ...all[section], ...keys };
  return all;
}

export const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Ids of the running processes that answer true. */
export function processes(matches) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return matches(pid);
    } catch {
      return false;
    }
  });
}

/** Program and arguments of a process; none when it has ended. */
export function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean);
  } catch {
    return [];
  }
}

/** State letter and parent of a process. */
export function statOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return { state: fields[0], parent: Number(fields[1]) };
}

export class FaultHouse extends Stack {
  /** `proxy: false` connects directly; `build` is another build's folder;
   *  `poolEnv` and `databaseOptions` are for those processes only. */
  constructor({ config = {}, webs = ['lighttpd', 'apache'], proxy = true, build = buildRoot, poolEnv = {}, databaseOptions = [], databaseDir, snippets = {} } = {}) {
    super({ config: merged(settings, config), webs, ownDatabase: true });
    Object.assign(this, { build, poolEnv, databaseOptions, databaseDir, snippets });
    this.proxy = proxy ? new Proxy() : undefined;
  }

  async start() {
    await this.proxy?.start();
    await super.start();
  }

  startDatabase() {
    this.databaseDir ??= this.file('db');
    this.schema = 'gatehouse';
    this.socket = this.databaseBegin();
    this.sqlServer(`CREATE DATABASE ${this.schema} CHARACTER SET utf8mb4;
      CREATE USER 'gatehouse'@'localhost' IDENTIFIED BY 'test-only-password';
      GRANT ALL ON ${this.schema}.* TO 'gatehouse'@'localhost'`);
    if (!this.proxy) return;
    this.proxy.target(this.socket);
    this.overrides = merged(this.overrides, { database: { socket: this.proxy.socket } });
  }

  databaseBegin() {
    mkdirSync(this.databaseDir, { recursive: true });
    const out = execFileSync(database, ['start', this.databaseDir, ...this.databaseOptions], { encoding: 'utf8', env: this.databaseEnv() });
    return out.split('\n')[0];
  }

  databaseEnv() {
    return { ...process.env, GATEHOUSE_TEST_OWNER: String(process.pid) };
  }

  get databasePid() {
    return Number(readFileSync(join(this.databaseDir, 'pid'), 'utf8'));
  }

  signalDatabase(signal) {
    process.kill(this.databasePid, signal);
  }

  /** kill -9, as by a power cut. */
  async databaseKill() {
    await exec(database, ['kill', this.databaseDir]);
  }

  async databaseAway() {
    await exec(database, ['stop', this.databaseDir]);
  }

  /** Back with the same data. */
  async databaseBack() {
    await exec(database, ['start', this.databaseDir, ...this.databaseOptions], { env: this.databaseEnv() });
  }

  databaseStop() {
    execFileSync(database, ['stop', this.databaseDir]);
  }

  /** SQL without holding up the clients that run meanwhile. */
  async query(text, schema = this.schema) {
    const child = exec('mariadb', ['--no-defaults', '-uroot', `--socket=${this.socket}`, '-N', '-B', schema, '-e', text], { maxBuffer: 64e6, timeout: 60000 });
    const { stdout } = await child;
    return stdout.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  /** gatehousectl, likewise. */
  async control(...args) {
    const { stdout } = await exec(join(buildRoot, 'gatehousectl'), ['--config', this.config, ...args], { timeout: 60000 });
    return stdout;
  }

  places() {
    return { ...super.places(), '/usr/sbin/gatehouse': join(this.build, 'gatehouse') };
  }

  async startPool() {
    this.children.pool = start(join(this.build, 'gatehouse'), ['--config', this.config], { log: this.log, env: this.poolEnv });
    await until(() => existsSync(this.file('gh.sock')), 'the pool', { logFile: this.logFile });
  }

  lighttpdConfig(port, name = this.snippets.lighttpd) {
    return super.lighttpdConfig(port, name);
  }

  /** With room for a second generation of children, as a graceful restart
   *  needs it. */
  apacheConfig(port, name = this.snippets.apache) {
    return super.apacheConfig(port, name).replace('MaxRequestWorkers 16\nServerLimit 1', 'MaxRequestWorkers 64\nServerLimit 8');
  }

  /** Children of the pool's master: the janitor and the workers. */
  poolWorkers() {
    const pid = this.children.pool?.pid;
    if (!pid || !existsSync(`/proc/${pid}`)) return [];
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  /** Workers that Apache's mod_fcgid has started. */
  fcgidWorkers() {
    return processes((pid) => commandOf(pid).includes('--single') && commandOf(pid).includes(this.config) && statOf(pid).state !== 'Z');
  }

  /** Processes of the program itself, pool or not. */
  gatehouses() {
    return this.everyProcess().filter((pid) => commandOf(pid)[0] === join(this.build, 'gatehouse'));
  }

  /** Every process that runs this house's configuration. */
  everyProcess() {
    const ours = [this.config, ...this.wanted.map((web) => this.file(`${web}.conf`))];
    return processes((pid) => commandOf(pid).some((word) => ours.includes(word)) && statOf(pid).state !== 'Z');
  }

  web(name = 'lighttpd') {
    return new Web(this, name);
  }

  get webs() {
    return this.wanted.map((name) => this.web(name));
  }

  /** Waits until every web server's workers reach database and keys: as many at
   *  once as there may be workers behind it, `rounds` times. */
  async ready({ limitMs = 40000, rounds = 1 } = {}) {
    const asked = Array.from({ length: 6 });
    for (const name of this.wanted) {
      for (let i = 0; i < rounds; i += 1) {
        await until(async () => {
          const answers = await Promise.all(asked.map(() => request(this.ports[name], 'GET', '/readyz')));
          return answers.every((res) => res.status === 200);
        }, `${name} to be ready`, { limitMs, logFile: this.logFile });
      }
    }
  }

  async stop() {
    try {
      this.signalDatabase('SIGCONT');
    } catch {
      /* it is away */
    }
    for (const web of this.wanted) await stop(this.children[web]);
    await stop(this.children.pool);
    for (const pid of this.everyProcess()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        /* gone meanwhile */
      }
    }
    await this.proxy?.heal();
    await super.stop();
    await this.proxy?.stop();
  }
}

/** Describes what happens to one house, which body may break. */
export function breaking(options, body) {
  const house = new FaultHouse(options);
  describe(`house ${options.name ?? ''}`.trim(), () => {
    before(() => house.start());
    after(() => house.stop());
    body(house);
  });
}

/** Descriptors a process has open. */
export function descriptorsOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
}
