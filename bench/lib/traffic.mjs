// SPDX-License-Identifier: MIT
// The people behind the load: accounts, sessions, their tokens, and the
// requests they send.
import { readFileSync, writeFileSync } from 'node:fs';

const password = 'a long enough phrase';
const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';

/** The bytes of a request. */
export function http(method, path, headers = {}, body = '') {
  const fields = { Host: '127.0.0.1', ...headers, ...(method === 'GET' ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }) };
  return `${method} ${path} HTTP/1.1\r\n${Object.entries(fields).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`;
}

export function bearer(token, path) {
  return http('GET', path, { Authorization: `Bearer ${token}` });
}

function signInBody(email) {
  return JSON.stringify({ email, password });
}

export function signInRequest(email) {
  return http('POST', '/api/auth/login', { 'User-Agent': agent }, signInBody(email));
}

/** Runs work(0 … count-1), a few at a time, and keeps the order. */
async function each(count, work, atOnce = 4) {
  const results = new Array(count);
  let next = 0;
  const lanes = Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const i = next;
      next += 1;
      results[i] = await work(i);
    }
  });
  await Promise.all(lanes);
  return results;
}

export async function register(house, prefix, count) {
  const emails = Array.from({ length: count }, (_, i) => `${prefix}${i}@example.org`);
  await each(count, async (i) => {
    const res = await house.request('POST', '/api/auth/register', { json: { email: emails[i], password, name: 'Ann' } });
    if (res.status !== 200 && res.status !== 201) throw new Error(`register: ${res.status} ${res.text}`);
  });
  return emails;
}

/** Signs in `sessions` times to each account, one account after the other. */
export async function signIn(house, emails, sessions) {
  return each(emails.length * sessions, async (i) => {
    const res = await house.request('POST', '/api/auth/login', { json: { email: emails[Math.floor(i / sessions)], password }, headers: { 'User-Agent': agent } });
    if (res.status !== 200) throw new Error(`login: ${res.status} ${res.text}`);
    return { access: res.json.accessToken, refresh: res.json.refreshToken, session: res.json.sessionId };
  });
}

/** The same token with one byte of the signature changed. */
export function forged(token) {
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

/** The refresh tokens refresh.lua walks along from run to run. */
export class Chains {
  constructor(house, tokens) {
    this.file = house.file('refresh-tokens');
    this.tokens = new Map(tokens.map((t) => [t.session, t.refresh]));
    this.save();
  }

  save() {
    writeFileSync(this.file, `${[...this.tokens.values()].join('\n')}\n`);
  }

  /** Takes what a run has left behind. */
  advance() {
    const fresh = new Map();
    for (const line of readFileSync(`${this.file}.next`, 'utf8').split('\n')) {
      const [session, token] = line.split(' ');
      if (token) fresh.set(session, token);
    }
    if (fresh.size < 40) throw new Error(`only ${fresh.size} refresh chains are left`);
    this.tokens = fresh;
    this.save();
  }
}
