// SPDX-License-Identifier: MIT
// Clients at work for long, with mild faults now and then: nothing grows and no
// answer is wrong. Started by script/soak. Arguments: MINUTES.
import { checkService, checkStore } from './lib/invariants.mjs';
import { Gauge } from './lib/gauge.mjs';
import { History } from './lib/history.mjs';
import { FaultHouse, pause } from './lib/house.mjs';
import { Random, seed } from './lib/random.mjs';
import { bearer } from '../http/lib/checks.mjs';

const minutes = Number(process.argv[2]);
const SAMPLE_MS = 5000;
/* Tokens live longer than a run, or those of idle sessions would run out in it;
 * the cache is small, so that it is full before growth is judged. */
const config = {
  server: { max_requests: 0 }, log: { level: 'warning' }, tokens: { refresh_overlap: 120, access_lifetime: 86400, cache_size: 64 },
};

/** The mixed load of a day, and lists. */
class Soak extends History {
  status(owner, s) {
    return owner.random.real() < 0.3 ? this.list(owner, s) : super.status(owner, s);
  }

  /** A sign-in that "everywhere else" ran into may have been hit by it, though
   *  its answer comes later. */
  async signIn(owner) {
    const begun = performance.now();
    const known = owner.sessions.length;
    await super.signIn(owner);
    if (!owner.clearing && !(owner.cleared > begun)) return;
    for (const s of owner.sessions.slice(known)) s.endBegun = Math.min(s.endBegun, begun);
  }

  async others(owner, s) {
    owner.clearing = (owner.clearing ?? 0) + 1;
    await super.others(owner, s);
    owner.clearing -= 1;
    owner.cleared = performance.now();
  }

  /** A list shows the session that asks and none that has ended. */
  async list(owner, s) {
    const told = await this.ask('list', owner, 'GET', '/api/auth/sessions', { headers: bearer(s.access) });
    this.judge('list', s, told);
    if (told.outcome !== 'ok') return;
    const shown = new Set(told.json.map((one) => one.id));
    if (!shown.has(s.id) && s.endBegun > told.end) this.violation('I3', `the list of ${s.id} lacks it`);
    for (const other of owner.sessions) {
      if (shown.has(other.id) && other.endTold < told.start) this.violation('I2', `a list shows ${other.id}, which has ended`);
    }
  }
}

const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    /* gone already */
  }
};

/** One mild fault; the database is away for a moment only now and then. */
async function fault(history, random, janitor) {
  const { house } = history;
  const name = random.weighted({ worker: 6, fcgid: 2, database: 1 });
  if (name === 'worker') kill(random.pick(house.poolWorkers().filter((pid) => pid !== janitor)));
  if (name === 'fcgid') kill(random.pick(house.fcgidWorkers()));
  if (name === 'database') {
    await house.databaseAway();
    await pause(random.between(100, 1000));
    await house.databaseBack();
  }
  history.fault(name);
}

function parts(house) {
  const [janitor, ...worker] = house.poolWorkers();
  return { master: [house.children.pool.pid], janitor: [janitor], worker, fcgid: house.fcgidWorkers() };
}

/** What MariaDB keeps for the service; undefined while it is away. */
async function handles(house) {
  try {
    const rows = await house.query("SHOW GLOBAL STATUS WHERE Variable_name IN ('Prepared_stmt_count', 'Threads_connected')");
    const of = Object.fromEntries(rows);
    return { statements: Number(of.Prepared_stmt_count), connections: Number(of.Threads_connected) - 1 };
  } catch {
    return undefined;
  }
}

async function line(history, gauge, begun) {
  const now = parts(history.house);
  const total = history.totals();
  const db = await handles(history.house);
  const held = Object.entries(now).map(([part, pids]) => {
    const { count, own, whole, fds } = gauge.latest(part, pids);
    return `${part} ×${count} ${(own / 1024).toFixed(2)} MiB (${(whole / 1024).toFixed(1)}) ${fds} fd`;
  });
  console.log(`${((performance.now() - begun) / 60000).toFixed(1)} min: ${history.operations()} operations (${total.ok} ok, ${total.refused} refused, ${total.unknown} unknown), ${history.violations.length} wrong; `
    + `${held.join('; ')}; mariadb ${db ? `${db.statements} statements, ${db.connections} connections` : 'away'}`);
  /* One connection for each process that has any. */
  const most = now.janitor.length + now.worker.length + now.fcgid.length;
  return db && db.connections > most ? `mariadb has ${db.connections} connections of ${most} processes` : undefined;
}

/** Samples, prints and breaks until the time is over. */
async function watch(history, gauge, begun) {
  const random = new Random(seed, 104729);
  const end = begun + minutes * 60000;
  const [janitor] = history.house.poolWorkers();
  let due = { line: begun + 60000, fault: begun + 20000 };
  const wrong = [];
  while (performance.now() < end) {
    await pause(Math.min(SAMPLE_MS, end - performance.now()));
    gauge.take(parts(history.house), performance.now());
    if (performance.now() >= due.line) {
      due = { ...due, line: due.line + 60000 };
      wrong.push(await line(history, gauge, begun));
    }
    if (performance.now() >= due.fault && performance.now() < end - 5000) {
      await fault(history, random, janitor);
      due = { ...due, fault: performance.now() + random.between(20000, 60000) };
    }
  }
  /* A surplus for a moment is a connection on its way out. */
  const surplus = wrong.filter(Boolean);
  return surplus.length > wrong.length / 4 ? surplus : [];
}

function verdict(history, gauge, surplus) {
  const trends = gauge.trends(Math.min(180000, minutes * 20000));
  console.log('\nby kind:', JSON.stringify(history.counts), '\nanswers other than ok:', JSON.stringify(history.codes));
  for (const t of trends) {
    console.log(`${t.part} ${t.pid}: ${t.own >= 0 ? '+' : ''}${t.own} KiB, ${t.fds >= 0 ? '+' : ''}${t.fds} descriptors in ${t.minutes.toFixed(1)} min${t.grows ? '  GROWS' : ''}`);
  }
  console.log(`${history.summary()}; checked ${JSON.stringify({ ...history.store, ...history.service })}`);
  const lived = new Set(trends.map((t) => t.part));
  const unseen = ['master', 'janitor', 'worker'].filter((part) => !lived.has(part));
  if (unseen.length > 0) console.log(`too short to judge the growth of: ${unseen.join(', ')}`);
  const bad = [...history.violations, ...surplus, ...trends.filter((t) => t.grows).map((t) => `${t.part} ${t.pid} grows`)];
  for (const text of bad.slice(0, 20)) console.log(`WRONG: ${text}`);
  console.log(bad.length > 0 ? 'soak: FAILED' : 'soak: good');
  return bad.length === 0;
}

const house = new FaultHouse({ config, proxy: false });
let good = false;
try {
  await house.start();
  await house.ready();
  const history = new Soak(house, { seed, clients: 6, lanes: 2 });
  await history.prepare();
  const gauge = new Gauge(Math.min(60000, minutes * 6000));
  const begun = performance.now();
  let over = false;
  const work = history.run(() => over);
  let surplus;
  try {
    surplus = await watch(history, gauge, begun);
  } finally {
    over = true;
    await work;
  }
  await house.ready();
  history.store = await checkStore(history);
  history.service = await checkService(history);
  good = verdict(history, gauge, surplus);
} finally {
  await house.stop();
}
process.exit(good ? 0 : 1);
