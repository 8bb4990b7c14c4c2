// SPDX-License-Identifier: MIT
// Three Galera nodes and two hosts before them, each with a pool and a lighttpd
// of its own; a history may take the whole for one house.
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { folder, own, remove, until } from '../../http/lib/process.mjs';
import { sourceRoot } from '../../http/lib/stack.mjs';
import { FaultHouse, merged, pause } from './house.mjs';
import { faults } from './nemesis.mjs';

const exec = promisify(execFile);
const galera = join(sourceRoot, 'script/lib/galera');
const NODES = [1, 2, 3];
const PASSWORD = 'test-only-password';
const administrator = process.getuid() === 0 ? 'root' : process.env.USER;

/** A silent node is left behind after this long, at most twice as much. */
const SUSPECT = 'evs.keepalive_period=PT0.5S;evs.inactive_check_period=PT0.5S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT4S';

/** One host: it owns no database, only the way to several. */
export class Host extends FaultHouse {
  constructor({ database, keyOf, ...options }) {
    super({ webs: ['lighttpd'], proxy: false, ...options });
    Object.assign(this, { database, keyOf });
  }

  startDatabase() {
    this.schema = 'gatehouse';
    this.overrides = merged(this.overrides, { database: { socket: '', ...this.database } });
    if (!this.keyOf) return;
    copyFileSync(this.keyOf.file('sealing-key'), this.file('sealing-key'));
    chmodSync(this.file('sealing-key'), 0o600);
    own(this.file('sealing-key'));
  }

  signalDatabase() {}

  databaseStop() {}

  /** Takes these databases instead, by a new start. */
  async use(host) {
    this.reconfigure(merged(this.overrides, { database: { host } }));
    await this.restartPool();
    await this.ready();
  }
}

/** The administrator's SQL at one socket; rows of tab-parted cells. */
export async function sqlAt(socket, text, { user = administrator, schema = 'gatehouse' } = {}) {
  const { stdout } = await exec('mariadb', ['--no-defaults', `-u${user}`, `--socket=${socket}`, '-N', '-B', schema, '-e', text], { maxBuffer: 64e6, timeout: 60000 });
  return stdout.split('\n').filter(Boolean).map((line) => line.split('\t'));
}

/** What makes the schema and the service's user, who comes by TCP. */
export const setUp = `CREATE DATABASE gatehouse CHARACTER SET utf8mb4;
  CREATE USER gatehouse@'127.%' IDENTIFIED BY '${PASSWORD}';
  GRANT ALL ON gatehouse.* TO gatehouse@'127.%'`;

export class Cluster {
  /** `orders`: for each host, the nodes in the order of its list. */
  constructor({ orders, config = {} }) {
    Object.assign(this, { orders, settings: config });
    this.hosts = [];
    this.node = 1;
  }

  async start() {
    this.dir = folder('gh-cluster-');
    /* The nodes run as a user of their own. */
    chmodSync(this.dir, 0o711);
    const env = { ...process.env, GATEHOUSE_TEST_OWNER: String(process.pid), GALERA_PROVIDER_OPTIONS: `${SUSPECT};repl.causal_read_timeout=PT1S` };
    const { stdout } = await exec(galera, ['start', this.dir], { env, timeout: 300000 });
    const [port, ...addresses] = stdout.trim().split('\n');
    this.addresses = addresses;
    await this.query(setUp, '');
    for (const order of this.orders) {
      const database = { host: order.map((n) => addresses[n - 1]).join(','), port };
      const host = new Host({ config: this.settings, database, keyOf: this.hosts[0] });
      await host.start();
      this.hosts.push(host);
    }
  }

  /** By host: what clients of the history are told to use. */
  get ports() {
    return Object.fromEntries(this.hosts.map((host, i) => [`host${i + 1}`, host.ports.lighttpd]));
  }

  async ready() {
    for (const host of this.hosts) await host.ready();
  }

  /** What clients see of each host. */
  get webs() {
    return this.hosts.map((host) => host.web('lighttpd'));
  }

  /** SQL at the node that is looked at, which has all by then. */
  query(text, schema = 'gatehouse') {
    return sqlAt(this.socket(this.node), `SET SESSION wsrep_sync_wait = 7; ${text}`, { schema });
  }

  socket(node) {
    return join(this.dir, String(node), 'sock');
  }

  pid(node) {
    return Number(readFileSync(join(this.dir, String(node), 'pid'), 'utf8'));
  }

  /** Connections of the service at each node. */
  async connections() {
    const counts = await Promise.all(NODES.map(async (n) => {
      try {
        /* A node without its cluster answers SHOW, and nothing else. */
        const rows = await sqlAt(this.socket(n), 'SHOW PROCESSLIST', { schema: '' });
        return rows.filter((row) => row[1] === 'gatehouse').length;
      } catch {
        return 0;
      }
    }));
    return counts;
  }

  /** The node most of the service talks to. */
  async writer() {
    const counts = await this.connections();
    return counts.indexOf(Math.max(...counts)) + 1;
  }

  /** kill -9, as by a power cut. */
  async kill(node) {
    await exec(galera, ['kill', this.dir, String(node)]);
  }

  /** Back, with all it missed. */
  async rejoin(node) {
    await exec(galera, ['node', this.dir, String(node)], { timeout: 300000 });
  }

  async isSynced(node) {
    const rows = await sqlAt(this.socket(node), `SHOW STATUS WHERE variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_size', 'wsrep_cluster_status')`);
    const { wsrep_local_state_comment: state, wsrep_cluster_size: size, wsrep_cluster_status: part } = Object.fromEntries(rows);
    return state === 'Synced' && size === '3' && part === 'Primary';
  }

  /** All three together, and they stay so: who was frozen notices late that it
   *  was left behind. */
  async synced() {
    let good = 0;
    await until(async () => {
      const all = await Promise.all(NODES.map((n) => this.isSynced(n).catch(() => false)));
      good = all.every(Boolean) ? good + 1 : 0;
      await pause(400);
      return good >= 5;
    }, 'the nodes to be together', { limitMs: 90000, logFile: join(this.dir, '1', 'log') });
  }

  async freeze(node, ms) {
    const pid = this.pid(node);
    process.kill(pid, 'SIGSTOP');
    await pause(ms);
    process.kill(pid, 'SIGCONT');
    await this.synced();
  }

  async stop() {
    for (const host of this.hosts) await host.stop();
    await exec(galera, ['stop', this.dir], { timeout: 120000 });
    remove(this.dir);
  }
}

async function killed(cluster, node, random) {
  await cluster.kill(node);
  await pause(random.between(1000, 4000));
  await cluster.rejoin(node);
}

const another = async (cluster, random) => {
  const writer = await cluster.writer();
  return random.pick(NODES.filter((n) => n !== writer));
};

Object.assign(faults, {
  async killWriter(cluster, random) {
    await killed(cluster, await cluster.writer(), random);
  },
  async killOther(cluster, random) {
    await killed(cluster, await another(cluster, random), random);
  },
  /* Longer than the others wait for it: it comes back as a stranger. */
  async freezeWriter(cluster, random) {
    await cluster.freeze(await cluster.writer(), random.between(4000, 7000));
  },
  async freezeOther(cluster, random) {
    await cluster.freeze(await another(cluster, random), random.between(4000, 7000));
  },
});
