// SPDX-License-Identifier: MIT
// A wire between Gatehouse and MariaDB that can be slow, silent, cut at a
// chosen packet or gone. It runs in a thread of its own, so that a test that
// waits for a program does not stop it.
import { chmodSync, rmSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { folder, remove } from '../../http/lib/process.mjs';

const QUERY = 0x03;
const PREPARE = 0x16;
const EXECUTE = 0x17;

/** The end a test holds: every call resolves when it is in force. */
export class Proxy {
  constructor() {
    this.dir = folder('gh-px-');
    this.socket = join(this.dir, 'sock');
    this.waiting = new Map();
    this.next = 0;
  }

  async start() {
    this.thread = new Worker(new URL(import.meta.url), { workerData: { socket: this.socket } });
    this.thread.on('message', ({ id, result }) => {
      this.waiting.get(id)?.(result);
      this.waiting.delete(id);
      if (this.waiting.size === 0) this.thread.unref();
    });
    this.thread.unref();
    await this.call('listen');
    return this;
  }

  call(name, argument) {
    this.next += 1;
    const id = this.next;
    this.thread.ref();
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.thread.postMessage({ id, name, argument });
    });
  }

  /** Where connections go: the path of a Unix socket. */
  target(socket) {
    return this.call('target', socket);
  }

  /** Cuts a connection at the nth command from now whose SQL matches (a regular
   *  expression's source; all when left out): 'before' the server sees it, or
   *  'after' the server has done it and before its answer gets through, but
   *  for so many bytes of it. 'hold' and 'mute' are the same, but the
   *  connection stays, silent. 'refuse' answers with the error `number`. */
  cut({ nth = 1, match = '', where = 'before', times = 1, bytes = 0, number = 0 } = {}) {
    return this.call('cut', { nth, match, where, times, bytes, number });
  }

  /** Waits ms before each command that matches goes on. */
  delay(ms, match = '') {
    return this.call('delay', { ms, match });
  }

  /** Holds the answer to the next command that matches for ms. */
  late(ms, match = '') {
    return this.call('cut', { nth: 1, match, where: 'late', times: 1, ms });
  }

  /** Holds every byte, in both directions, new connections too. */
  freeze() {
    return this.call('freeze', true);
  }

  /** Breaks all connections and refuses new ones. */
  refuse() {
    return this.call('refuse');
  }

  /** Breaks all connections; new ones are let through. */
  breakAll() {
    return this.call('breakAll');
  }

  /** All of the above is over. */
  heal() {
    return this.call('heal');
  }

  /** What passed: { connections, open, commands, cuts, waiting, seen }, waiting
   *  being the commands delayed at the moment, seen how often each word that
   *  commands begin with came by. */
  counts() {
    return this.call('counts');
  }

  async stop() {
    await this.call('refuse');
    await this.thread.terminate();
    remove(this.dir);
  }
}

/** The thread's side. */
class Wire {
  constructor(socket) {
    this.path = socket;
    this.links = new Set();
    this.rules = [];
    this.lag = { ms: 0, match: / /s };
    this.frozen = false;
    this.stats = { connections: 0, commands: 0, cuts: 0, waiting: 0, seen: {} };
  }

  listen() {
    if (this.server) return undefined;
    rmSync(this.path, { force: true });
    this.server = net.createServer((client) => new Link(this, client));
    return new Promise((resolve) => {
      this.server.listen(this.path, () => {
        chmodSync(this.path, 0o777);
        resolve();
      });
    });
  }

  target(socket) {
    this.to = socket;
  }

  cut({ nth, match, ...rule }) {
    this.rules.push({ ...rule, left: nth, match: new RegExp(match, 's') });
  }

  delay({ ms, match }) {
    this.lag = { ms, match: new RegExp(match, 's') };
  }

  freeze(on) {
    this.frozen = on;
    for (const link of this.links) link.hold(on);
  }

  breakAll() {
    for (const link of [...this.links]) link.end();
  }

  refuse() {
    const { server } = this;
    this.server = undefined;
    this.breakAll();
    rmSync(this.path, { force: true });
    return server && new Promise((resolve) => { server.close(resolve); });
  }

  async heal() {
    this.rules = [];
    this.lag = { ms: 0, match: / /s };
    if (this.frozen) this.freeze(false);
    for (const link of [...this.links]) if (link.silent) link.end();
    await this.listen();
  }

  counts() {
    return { ...this.stats, open: this.links.size };
  }

  /** The rule that falls due with this command, if one does. */
  due(sql) {
    this.stats.commands += 1;
    const word = sql.split(' ', 1)[0];
    this.stats.seen[word] = (this.stats.seen[word] ?? 0) + 1;
    for (const rule of this.rules) {
      if (!rule.match.test(sql)) continue;
      rule.left -= 1;
      if (rule.left > 0) continue;
      rule.times -= 1;
      rule.left = 1;
      if (rule.times <= 0) this.rules = this.rules.filter((r) => r !== rule);
      this.stats.cuts += 1;
      return rule;
    }
    return undefined;
  }
}

/** An error packet, as the answer to a command. */
function refusal(number) {
  const body = Buffer.concat([Buffer.from([0xff, number & 0xff, number >> 8]), Buffer.from('#HY000refused by the wire')]);
  return Buffer.concat([Buffer.from([body.length, 0, 0, 1]), body]);
}

/** One connection: bytes from the client are cut into packets, the server's
 *  pass as they come. */
class Link {
  constructor(wire, client) {
    this.wire = wire;
    this.client = client;
    this.pending = Buffer.alloc(0);
    this.statements = new Map();
    this.greeted = false;
    this.queue = Promise.resolve();
    this.answers = Promise.resolve();
    wire.links.add(this);
    wire.stats.connections += 1;
    this.server = net.connect(wire.to);
    for (const socket of [client, this.server]) {
      socket.on('error', () => this.end());
      socket.on('close', () => this.end());
    }
    client.on('data', (bytes) => this.fromClient(bytes));
    this.server.on('data', (bytes) => this.fromServer(bytes));
    if (wire.frozen) this.hold(true);
  }

  hold(on) {
    for (const socket of [this.client, this.server]) {
      if (on) socket.pause();
      else socket.resume();
    }
  }

  end() {
    if (!this.wire.links.delete(this)) return;
    this.client.destroy();
    this.server.destroy();
  }

  fromServer(bytes) {
    if (this.silent) return;
    if (this.passes !== undefined) {
      if (this.passes > 0) this.client.write(bytes.subarray(0, this.passes), () => this.end());
      else this.end();
      this.passes = 0;
      return;
    }
    if (this.preparing !== undefined && bytes.length >= 9 && bytes[4] === 0) {
      this.statements.set(bytes.readUInt32LE(5), this.preparing);
      this.preparing = undefined;
    }
    this.answers = this.answers.then(() => this.client.write(bytes));
  }

  fromClient(bytes) {
    this.pending = Buffer.concat([this.pending, bytes]);
    while (this.pending.length >= 4) {
      const size = 4 + this.pending.readUIntLE(0, 3);
      if (this.pending.length < size) return;
      const packet = this.pending.subarray(0, size);
      this.pending = this.pending.subarray(size);
      this.queue = this.queue.then(() => this.forward(packet));
    }
  }

  /** The SQL of a command; undefined for what is none. */
  sqlOf(packet) {
    const command = packet[3] === 0 && this.greeted ? packet[4] : undefined;
    if (packet[3] !== 0) this.greeted = true;
    if (command === QUERY || command === PREPARE) return packet.toString('latin1', 5);
    if (command === EXECUTE) return this.statements.get(packet.readUInt32LE(5)) ?? '';
    return undefined;
  }

  async linger(ms) {
    this.wire.stats.waiting += 1;
    await new Promise((resolve) => { setTimeout(resolve, ms); });
    this.wire.stats.waiting -= 1;
  }

  async forward(packet) {
    if (!this.wire.links.has(this)) return;
    const sql = this.sqlOf(packet);
    if (sql !== undefined) {
      const prepare = packet[4] === PREPARE;
      if (prepare) this.preparing = sql;
      const { ms, match } = this.wire.lag;
      if (ms > 0 && match.test(sql)) await this.linger(ms);
      const rule = prepare ? undefined : this.wire.due(sql);
      if (rule?.where === 'before') {
        this.end();
        return;
      }
      if (rule?.where === 'refuse') {
        this.client.write(refusal(rule.number));
        return;
      }
      this.silent = rule?.where === 'hold' || rule?.where === 'mute';
      if (rule?.where === 'hold') return;
      this.passes = rule?.where === 'after' ? rule.bytes : undefined;
      if (rule?.where === 'late') this.answers = new Promise((resolve) => { setTimeout(resolve, rule.ms); });
    }
    this.server.write(packet);
  }
}

if (!isMainThread && workerData?.socket) {
  const wire = new Wire(workerData.socket);
  parentPort.on('message', async ({ id, name, argument }) => {
    const result = await wire[name](argument);
    parentPort.postMessage({ id, result });
  });
}
