// SPDX-License-Identifier: MIT
// Requests written byte by byte, and answers read back without a library that
// would be kinder than a proxy.
import { parseSetCookie } from './client.mjs';

/** The bytes of a request that asks for the connection to be closed. */
export function wire(line, fields = [], body = '') {
  const list = Array.isArray(fields) ? fields : Object.entries(fields).map(([n, v]) => `${n}: ${v}`);
  const head = [`${line} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...list].map((l) => Buffer.from(`${l}\r\n`, 'latin1'));
  return Buffer.concat([...head, Buffer.from('\r\n'), Buffer.from(body)]);
}

function dechunked(text) {
  let rest = text;
  let out = '';
  for (;;) {
    const size = parseInt(rest, 16);
    const start = rest.indexOf('\r\n') + 2;
    if (!(size > 0)) return out;
    out += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}

/** The first answer in what came back, and how many there were. */
export function answerOf({ text, status }) {
  const end = text.indexOf('\r\n\r\n');
  const lines = text.slice(0, end).split('\r\n').slice(1);
  const headers = {};
  const cookies = [];
  for (const line of lines) {
    const at = line.indexOf(':');
    const name = line.slice(0, at).toLowerCase();
    if (name === 'set-cookie') cookies.push(parseSetCookie(line.slice(at + 1).trim()));
    headers[name] = line.slice(at + 1).trim();
  }
  const raw = end < 0 ? '' : text.slice(end + 4);
  const body = headers['transfer-encoding'] === 'chunked' ? dechunked(raw) : raw;
  let json;
  try {
    json = JSON.parse(body);
  } catch {
    json = undefined;
  }
  return { status, headers, cookies, text: body, json, count: text.split(/HTTP\/1\.[01] \d{3} /).length - 1 };
}
