// SPDX-License-Identifier: MIT
// A plain HTTP/1.1 client that shows what really came back, and a browser-like
// cookie jar on top.
import http from 'node:http';
import net from 'node:net';

/** One request; headers may hold arrays to send a field more than once. */
export function request(port, method, path, { headers = {}, body, json, socketTimeout = 20000 } = {}) {
  const fields = { Host: `127.0.0.1:${port}`, ...headers };
  let payload = body;
  if (json !== undefined) {
    payload = JSON.stringify(json);
    fields['Content-Type'] ??= 'application/json';
  }
  if (payload !== undefined) fields['Content-Length'] ??= Buffer.byteLength(payload);
  return new Promise((resolve, reject) => {
    const req = http.request({ host: '127.0.0.1', port, method, path, headers: fields, agent: false, timeout: socketTimeout }, (res) => {
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => resolve(answer(res, Buffer.concat(chunks))));
      res.on('error', reject);
    });
    req.on('timeout', () => req.destroy(new Error('socket timeout')));
    req.on('error', reject);
    req.end(payload);
  });
}

function answer(res, bytes) {
  const text = bytes.toString('utf8');
  let json;
  try {
    json = text ? JSON.parse(text) : undefined;
  } catch {
    json = undefined;
  }
  return {
    status: res.statusCode, headers: res.headers, rawHeaders: res.rawHeaders, text, json,
    cookies: (res.headers['set-cookie'] ?? []).map(parseSetCookie),
  };
}

/** Name, value and attributes (names in lower case) of a Set-Cookie line. */
export function parseSetCookie(line) {
  const [pair, ...rest] = line.split(/;\s*/);
  const at = pair.indexOf('=');
  const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), attributes: {} };
  for (const part of rest) {
    const [name, ...value] = part.split('=');
    cookie.attributes[name.toLowerCase()] = value.length ? value.join('=') : true;
  }
  return cookie;
}

/** Bytes sent as they are; everything that came back until the peer closed. */
export function raw(port, bytes, { limitMs = 10000 } = {}) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    const chunks = [];
    socket.setTimeout(limitMs, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      resolve({ text, status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0) });
    });
    socket.write(bytes);
  });
}

/** A browser: keeps cookies by path, sends Origin like a page of its own site. */
export class Browser {
  constructor(port, { userAgent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', origin } = {}) {
    this.port = port;
    this.userAgent = userAgent;
    this.origin = origin;
    this.jar = new Map();
  }

  cookieHeader(path) {
    return [...this.jar.values()]
      .filter((c) => path.split('?')[0].startsWith(c.attributes.path ?? '/'))
      .map((c) => `${c.name}=${c.value}`).join('; ');
  }

  async request(method, path, options = {}) {
    const headers = { 'User-Agent': this.userAgent, ...options.headers };
    const cookie = this.cookieHeader(path);
    if (cookie) headers.Cookie ??= cookie;
    if (this.origin && method !== 'GET') headers.Origin ??= this.origin;
    headers['Sec-Fetch-Site'] ??= 'same-origin';
    const res = await request(this.port, method, path, { ...options, headers });
    for (const c of res.cookies) {
      if (c.attributes['max-age'] === '0') this.jar.delete(c.name);
      else this.jar.set(c.name, c);
    }
    return res;
  }

  get(path, options) {
    return this.request('GET', path, options);
  }

  put(path, json, options = {}) {
    return this.request('PUT', path, { json, ...options });
  }

  patch(path, json, options = {}) {
    return this.request('PATCH', path, { json, ...options });
  }

  post(path, json, options = {}) {
    return this.request('POST', path, { json: json ?? {}, ...options });
  }

  delete(path, options) {
    return this.request('DELETE', path, options);
  }

  cookie(name) {
    return this.jar.get(name)?.value;
  }

  /** The same browser, cookies and all, at another port. */
  at(port) {
    const twin = new Browser(port, this);
    twin.jar = this.jar;
    return twin;
  }
}
