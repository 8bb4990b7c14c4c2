// SPDX-License-Identifier: MIT
// The history of a bad day: what every client asked, when, and what it was told.
// "unknown" is what a client must think after a 5xx or a broken connection.
import { request } from '../../http/lib/client.mjs';
import { bearer } from '../../http/lib/checks.mjs';
import { pause } from './house.mjs';
import { Random } from './random.mjs';

/** Longer than any limit of the service: whoever gives up sooner leaves requests
 *  behind that are done later. */
const PATIENCE_MS = 60000;
const PASSWORD = 'a long enough phrase';
let days = 0;

/** A session as its owner knows it. */
class Known {
  constructor(id, { accessToken, refreshToken }) {
    this.id = id;
    this.access = accessToken;
    this.refresh = refreshToken;
    /* Refresh tokens in the order they became the current one. */
    this.tokens = [refreshToken];
    this.endBegun = Infinity; /* the first moment somebody asked to end it */
    this.endTold = Infinity; /* the first moment somebody was told it has ended */
    this.revokes = 0; /* how often an end was acknowledged as this very one */
    this.labels = new Set(['NULL']);
    this.busy = false;
  }
}

export class History {
  constructor(house, { seed, clients = 6, lanes = 2 }) {
    Object.assign(this, { house, seed, lanes });
    this.counts = {};
    this.codes = {};
    this.faults = {};
    this.violations = [];
    this.ports = Object.values(house.ports);
    this.slowest = { ms: 0 };
    days += 1;
    this.owners = Array.from({ length: clients }, (_, i) => ({
      email: `owner${i}.${days}@example.org`, sessions: [], unknownSignIns: 0, cuts: [], random: new Random(seed, i), index: i,
    }));
  }

  /** Accounts, made while all is well. */
  async prepare() {
    for (const owner of this.owners) {
      const res = await request(this.ports[0], 'POST', '/api/auth/register', { json: { email: owner.email, password: PASSWORD, name: 'Ann' } });
      if (res.status !== 200) throw new Error(`register: ${res.status} ${res.text}`);
    }
  }

  /** All clients at work until stopped() says so. */
  async run(stopped) {
    const lanes = this.owners.flatMap((owner) => Array.from({ length: this.lanes }, () => owner));
    await Promise.all(lanes.map(async (owner) => {
      while (!stopped()) await this.step(owner);
    }));
  }

  violation(invariant, text) {
    this.violations.push(`${invariant}: ${text}`);
  }

  /** One call and what it told: { outcome, status, code, json, start, end }. */
  async ask(op, owner, method, path, options = {}) {
    const port = owner.random.pick(this.ports);
    const start = performance.now();
    let res;
    try {
      res = await request(port, method, path, { ...options, socketTimeout: PATIENCE_MS });
    } catch (error) {
      res = { status: 0, json: undefined, text: String(error) };
    }
    const end = performance.now();
    if (end - start > this.slowest.ms) this.slowest = { ms: Math.round(end - start), op, port, status: res.status };
    let outcome = 'refused';
    if (res.status >= 200 && res.status < 300) outcome = 'ok';
    else if (res.status === 0 || res.status >= 500) outcome = 'unknown';
    this.counts[op] ??= { ok: 0, refused: 0, unknown: 0 };
    this.counts[op][outcome] += 1;
    const code = res.json?.code ?? (res.status === 0 ? 'BROKEN' : `HTTP_${res.status}`);
    /* Who is told to come again does so, but not at once. */
    if (outcome === 'unknown') await pause(owner.random.between(20, 120));
    if (outcome !== 'ok') this.codes[code] = (this.codes[code] ?? 0) + 1;
    if (outcome === 'unknown' && res.cookies?.length) this.violation('LOGOUT', `${op} answered ${res.status} and touched cookies`);
    return { outcome, status: res.status, code, json: res.json, text: res.text, start, end };
  }

  async step(owner) {
    const { random } = owner;
    const idle = owner.sessions.filter((s) => !s.busy && s.endTold === Infinity);
    if (idle.length < 2) return this.signIn(owner);
    const s = random.pick(idle);
    const act = random.weighted({ status: 40, refresh: 20, twins: 8, label: 8, revoke: 5, logout: 3, others: 0.4, signIn: 10, ghost: 6 });
    if (act === 'signIn') return idle.length < 8 ? this.signIn(owner) : this.status(owner, s);
    if (act === 'status') return this.status(owner, s);
    if (act === 'ghost') return this.ghost(owner);
    /* One browser does one such thing at a time; what it reads goes beside. */
    s.busy = true;
    try {
      await this[act](owner, s, idle);
    } finally {
      s.busy = false;
    }
    return undefined;
  }

  async signIn(owner) {
    const told = await this.ask('signIn', owner, 'POST', '/api/auth/login', { json: { email: owner.email, password: PASSWORD } });
    if (told.outcome === 'ok') {
      owner.subject = told.json.user.id;
      const known = new Known(told.json.sessionId, told.json);
      /* "Everywhere else" may mean this one, and be told only later. */
      for (const cut of owner.cuts) if (cut.end > told.start) known.endBegun = Math.min(known.endBegun, cut.begun);
      owner.sessions.push(known);
    }
    if (told.outcome === 'unknown') owner.unknownSignIns += 1;
    if (told.outcome === 'refused') this.violation('LOGOUT', `sign-in refused: ${told.status} ${told.code}`);
  }

  /** A session that nobody asked to end is let in or told to come again; one
   *  that somebody was told has ended is not let in. */
  judge(op, s, told, endTold = s.endTold) {
    if (told.outcome === 'ok' && told.start > endTold) this.violation('I2', `${op} of ${s.id} succeeded after its end was acknowledged`);
    if (told.outcome !== 'refused') return;
    if (told.code === 'TOKEN_THEFT_DETECTED') this.violation('I1', `${op} of ${s.id} raised a false alarm of theft`);
    else if (told.status !== 401 && told.status !== 404) this.violation('LOGOUT', `${op} of ${s.id} refused: ${told.status} ${told.code}`);
    else if (s.endBegun > told.end) this.violation('LOGOUT', `${op} of ${s.id} refused although nobody ended it: ${told.status} ${told.code}`);
  }

  async status(owner, s) {
    const told = await this.ask('status', owner, 'GET', '/api/auth/status', { headers: bearer(s.access) });
    this.judge('status', s, told);
    if (told.outcome === 'ok' && told.json.sessionId !== s.id) this.violation('I2', `status of ${s.id} answered for ${told.json.sessionId}`);
  }

  /** Looks at an ended session as its thief would. */
  async ghost(owner) {
    const ended = owner.sessions.filter((s) => s.endTold < Infinity);
    if (ended.length === 0) return;
    const s = owner.random.pick(ended);
    const { endTold } = s;
    const byRefresh = owner.random.real() < 0.3;
    const told = byRefresh
      ? await this.ask('ghostRefresh', owner, 'POST', '/api/auth/refresh', { headers: bearer(owner.random.pick(s.tokens)) })
      : await this.ask('ghostStatus', owner, 'GET', '/api/auth/status', { headers: bearer(s.access) });
    this.judge('ghost', s, told, endTold);
  }

  adopt(s, json) {
    s.access = json.accessToken;
    s.refresh = json.refreshToken;
    s.tokens.push(json.refreshToken);
  }

  async refresh(owner, s) {
    const told = await this.ask('refresh', owner, 'POST', '/api/auth/refresh', { headers: bearer(s.refresh) });
    this.judge('refresh', s, told);
    if (told.outcome === 'ok') this.adopt(s, told.json);
  }

  /** Tabs that refresh at once with one token; the last answer stays. */
  async twins(owner, s) {
    const token = s.refresh;
    await Promise.all([0, 1, 2].map(async () => {
      const told = await this.ask('refresh', owner, 'POST', '/api/auth/refresh', { headers: bearer(token) });
      this.judge('refresh', s, told);
      if (told.outcome === 'ok') this.adopt(s, told.json);
    }));
  }

  async label(owner, s) {
    const label = `n${owner.random.between(0, 1e9)}`;
    const told = await this.ask('label', owner, 'PATCH', `/api/auth/sessions/${s.id}`, { headers: bearer(s.access), json: { label } });
    this.judge('label', s, told);
    if (told.outcome === 'ok') s.labels.clear();
    if (told.outcome !== 'refused') s.labels.add(label);
  }

  /** What an end that was asked for means for what the owner knows. */
  ending(s, told) {
    if (told.outcome === 'ok') s.endTold = Math.min(s.endTold, told.end);
    /* Somebody else was first: it is over, but this was not the end of it. */
    if (told.outcome === 'refused' && (told.status === 401 || told.status === 404)) s.endTold = Math.min(s.endTold, told.end);
  }

  /** Two at once end a session from another one; it ends once. */
  async revoke(owner, s, idle) {
    const by = idle.find((other) => other !== s && !other.busy);
    if (!by) return;
    by.busy = true;
    s.endBegun = Math.min(s.endBegun, performance.now());
    await Promise.all([0, 1].map(async () => {
      const told = await this.ask('revoke', owner, 'DELETE', `/api/auth/sessions/${s.id}`, { headers: bearer(by.access) });
      if (told.status === 404) this.ending(s, told);
      else this.judge('revoke', by, told);
      if (told.outcome === 'ok') {
        this.ending(s, told);
        s.revokes += 1;
      }
    }));
    by.busy = false;
    if (s.revokes > 1) this.violation('I5', `the end of ${s.id} was acknowledged ${s.revokes} times`);
  }

  async logout(owner, s) {
    s.endBegun = Math.min(s.endBegun, performance.now());
    const told = await this.ask('logout', owner, 'POST', '/api/auth/logout', { headers: bearer(s.access) });
    this.ending(s, told);
  }

  /** "Sign out everywhere else"; whatever signs in meanwhile may be hit. */
  async others(owner, s) {
    const hit = owner.sessions.filter((other) => other !== s);
    const begun = performance.now();
    for (const other of hit) other.endBegun = Math.min(other.endBegun, begun);
    const cut = { begun, end: Infinity };
    owner.cuts.push(cut);
    const told = await this.ask('others', owner, 'DELETE', '/api/auth/sessions/others', { headers: bearer(s.access) });
    cut.end = told.end;
    this.judge('others', s, told);
    /* Sessions that came while this was under way, too. */
    for (const other of owner.sessions) {
      if (other !== s && !hit.includes(other)) other.endBegun = Math.min(other.endBegun, begun);
    }
    if (told.outcome === 'ok') for (const other of hit) this.ending(other, told);
  }

  fault(name) {
    this.faults[name] = (this.faults[name] ?? 0) + 1;
  }

  totals() {
    const total = { ok: 0, refused: 0, unknown: 0 };
    for (const c of Object.values(this.counts)) for (const k of Object.keys(total)) total[k] += c[k];
    return total;
  }

  operations() {
    const { ok, refused, unknown } = this.totals();
    return ok + refused + unknown;
  }

  /** One line of counts for the report. */
  summary() {
    const total = this.totals();
    const faults = Object.entries(this.faults).map(([name, n]) => `${name} ${n}`).join(', ') || 'none';
    const [web] = Object.entries(this.house.ports).find(([, port]) => port === this.slowest.port) ?? [];
    return `seed ${this.seed}: ${this.operations()} operations (${total.ok} ok, ${total.refused} refused, ${total.unknown} unknown), `
      + `faults: ${faults}; slowest ${this.slowest.op} ${this.slowest.ms} ms (${this.slowest.status} by ${web}), violations: ${this.violations.length}`;
  }
}
