// SPDX-License-Identifier: MIT
// FastCGI 1.0 as a web server speaks it, and as nobody should: records are made
// by hand and what comes back is taken apart.
import net from 'node:net';
import { answerOf } from './wire.mjs';

export const Type = { BEGIN: 1, ABORT: 2, END: 3, PARAMS: 4, STDIN: 5, STDOUT: 6, STDERR: 7, DATA: 8, GET_VALUES: 9, UNKNOWN: 11 };
export const Role = { RESPONDER: 1, AUTHORIZER: 2, FILTER: 3 };

/** One record; `claim` lies about the length of its content. */
export function record(type, content = '', { id = 1, version = 1, padding = 0, claim } = {}) {
  const body = Buffer.from(content);
  const head = Buffer.from([version, type, id >> 8, id & 255, 0, 0, padding, 0]);
  head.writeUInt16BE(claim ?? body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(padding)]);
}

export function begin(role = Role.RESPONDER, { flags = 0, ...options } = {}) {
  return record(Type.BEGIN, Buffer.from([role >> 8, role & 255, flags, 0, 0, 0, 0, 0]), options);
}

function length(n, wide) {
  if (n < 128 && !wide) return Buffer.from([n]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((n | 0x80000000) >>> 0);
  return bytes;
}

/** Name-value pairs (section 3.4), from an object or a list of pairs. */
export function pairs(list, wide = false) {
  const all = Array.isArray(list) ? list : Object.entries(list);
  return Buffer.concat(all.flatMap(([n, v]) => {
    const [name, value] = [Buffer.from(n), Buffer.from(String(v))];
    return [length(name.length, wide), length(value.length, wide), name, value];
  }));
}

/** The parameters of a request as web servers give them. */
export function params(method, uri, more = {}) {
  return {
    GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1', REQUEST_METHOD: method, REQUEST_URI: uri, REMOTE_ADDR: '127.0.0.1', HTTP_HOST: 'id.example.test', ...more,
  };
}

/** PARAMS records and the empty one that ends them. */
export function paramRecords(list, options = {}) {
  const bytes = Buffer.isBuffer(list) ? list : pairs(list);
  const parts = [];
  for (let at = 0; at < bytes.length; at += 65535) parts.push(record(Type.PARAMS, bytes.subarray(at, at + 65535), options));
  return Buffer.concat([...parts, record(Type.PARAMS, '', options)]);
}

/** STDIN records and the empty one that ends them. */
export function stdinRecords(body = '', options = {}) {
  const parts = [];
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += 65535) parts.push(record(Type.STDIN, bytes.subarray(at, at + 65535), options));
  return Buffer.concat([...parts, record(Type.STDIN, '', options)]);
}

/** All the bytes of a good request. */
export function whole(method, uri, { fields = {}, body = '', role = Role.RESPONDER, flags = 0, id = 1 } = {}) {
  const more = body ? { CONTENT_LENGTH: Buffer.byteLength(body), CONTENT_TYPE: 'application/json' } : {};
  return Buffer.concat([begin(role, { flags, id }), paramRecords(params(method, uri, { ...more, ...fields }), { id }), stdinRecords(body, { id })]);
}

/** The records in these bytes. */
export function recordsOf(bytes) {
  const found = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const n = bytes.readUInt16BE(at + 4);
    found.push({ type: bytes[at + 1], id: bytes.readUInt16BE(at + 2), content: bytes.subarray(at + 8, at + 8 + n) });
    at += 8 + n + bytes[at + 6];
  }
  return found;
}

function answer(bytes, how) {
  const records = recordsOf(bytes);
  const out = Buffer.concat(records.filter((r) => r.type === Type.STDOUT).map((r) => r.content)).toString('utf8');
  const end = records.find((r) => r.type === Type.END);
  const status = Number(/^Status: (\d{3})/.exec(out)?.[1] ?? 0);
  return { ...answerOf({ text: out, status }), records, how, ended: Boolean(end), protocolStatus: end?.content[4], raw: bytes };
}

/** A connection: write() bytes, answer() once the peer closed (how: "end"), or
 *  after limitMs of silence ("silence"). */
export class Connection {
  constructor(where) {
    this.chunks = [];
    this.socket = net.connect(where);
    this.socket.on('data', (chunk) => this.chunks.push(chunk));
    this.closed = new Promise((resolve) => {
      this.socket.on('error', (error) => resolve(error.code));
      this.socket.on('close', () => resolve('end'));
    });
  }

  write(bytes) {
    this.socket.write(bytes);
    return this;
  }

  /** Ends our half: no more will come. */
  half() {
    this.socket.end();
    return this;
  }

  async answer(limitMs = 15000) {
    let timer;
    const silence = new Promise((resolve) => {
      timer = setTimeout(() => resolve('silence'), limitMs);
    });
    const how = await Promise.race([this.closed, silence]);
    clearTimeout(timer);
    this.socket.destroy();
    return answer(Buffer.concat(this.chunks), how);
  }
}

/** Sends bytes and takes what comes back. where: { path } or { host, port }. */
export function exchange(where, bytes, limitMs) {
  return new Connection(where).write(bytes).answer(limitMs);
}
