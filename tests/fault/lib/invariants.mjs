// SPDX-License-Identifier: MIT
// What must hold when a bad day is over, asked of the store and of the service:
//   I1 a refresh token has at most one live generation; nobody is called a thief
//   I2 after an end was acknowledged nothing of that session is let in
//   I3 what was acknowledged is there
//   I4 what was not is wholly there or not at all
//   I5 what can be done once is done, and recorded, once
//   LOGOUT a fault ends no session
import { request } from '../../http/lib/client.mjs';
import { bearer } from '../../http/lib/checks.mjs';
import { pause } from './house.mjs';

const ENDS = ['session.sign_out', 'session.revoked'];

/** The answer once the service is well: 503 is asked again. */
async function firm(port, method, path, options) {
  for (let i = 0; ; i += 1) {
    let res;
    try {
      res = await request(port, method, path, options);
    } catch (error) {
      res = { status: 0, text: String(error) };
    }
    if ((res.status > 0 && res.status < 500) || i >= 150) return res;
    await pause(100);
  }
}

/** All rows about the owners' sessions and their events. */
async function snapshot({ house, owners }) {
  const whose = `subject IN (${owners.map((owner) => `'${owner.subject}'`).join(', ')})`;
  const rows = await house.query(`SELECT LOWER(HEX(id)), revoked_us, COALESCE(revoked_reason, ''), COALESCE(label, 'NULL'), subject FROM session WHERE ${whose}`);
  const events = await house.query(`SELECT kind, LOWER(HEX(session_id)), COUNT(*) FROM event WHERE session_id IS NOT NULL AND ${whose} GROUP BY kind, session_id`);
  const sessions = new Map(rows.map(([id, revoked, reason, label, subject]) => [id, { revoked: revoked !== '0', reason, label, subject, events: {} }]));
  const strays = [];
  for (const [kind, id, count] of events) {
    if (sessions.has(id)) sessions.get(id).events[kind] = Number(count);
    else strays.push(`${kind} of ${id}`);
  }
  return { sessions, strays };
}

const key = (id) => id.replaceAll('-', '');

function checkRow(history, s, row) {
  if (!row) {
    history.violation('I3', `session ${s.id} was acknowledged and is not in the store`);
    return;
  }
  if (s.endTold < Infinity && !row.revoked) history.violation('I3', `the end of ${s.id} was acknowledged and is not in the store`);
  if (s.endBegun === Infinity && row.revoked) history.violation('LOGOUT', `nobody ended ${s.id}, but it has ended (${row.reason})`);
  if (!s.labels.has(row.label)) history.violation('I3', `label of ${s.id} is ${row.label}, acknowledged: ${[...s.labels].join(' or ')}`);
  if (row.reason === 'reuse') history.violation('I1', `${s.id} was ended as stolen`);
}

/** A row and its events came by one transaction. */
function checkWhole(history, id, row) {
  if (row.events['auth.sign_in'] !== 1) history.violation('I4', `session ${id} has ${row.events['auth.sign_in'] ?? 0} sign-in events`);
  const ends = ENDS.reduce((sum, kind) => sum + (row.events[kind] ?? 0), 0);
  const one = row.reason === 'user' || row.reason === 'logout';
  if (ends > 1) history.violation('I5', `the end of ${id} was recorded ${ends} times`);
  if (ends === 0 && row.reason === 'logout') history.violation('I4', `${id} ended without an event`);
  if (ends === 1 && !row.revoked) history.violation('I4', `${id} has an event of its end and lives`);
  if (ends === 1 && !one) history.violation('I4', `${id} has an event of its end, but ended by ${row.reason}`);
}

/** Sessions in the store whose sign-in was never acknowledged. */
function checkStrangers(history, sessions) {
  const known = new Set(history.owners.flatMap((owner) => owner.sessions.map((s) => key(s.id))));
  const unknown = history.owners.reduce((sum, owner) => sum + owner.unknownSignIns, 0);
  const extra = [...sessions.keys()].filter((id) => !known.has(id)).length;
  if (extra > unknown) history.violation('I4', `${extra} sessions nobody asked for; ${unknown} sign-ins are unknown`);
}

export async function checkStore(history) {
  const { sessions, strays } = await snapshot(history);
  for (const owner of history.owners) for (const s of owner.sessions) checkRow(history, s, sessions.get(key(s.id)));
  for (const [id, row] of sessions) checkWhole(history, id, row);
  for (const stray of strays) history.violation('I4', `event without a session: ${stray}`);
  checkStrangers(history, sessions);
  for (const [id, row] of sessions) if (row.events['token.reuse']) history.violation('I1', `an alarm of theft for ${id}, no thief`);
  return { rows: sessions.size };
}

async function checkLive(history, port, s) {
  const status = await firm(port, 'GET', '/api/auth/status', { headers: bearer(s.access) });
  if (status.status !== 200) history.violation('I3', `${s.id} lives, but its access token: ${status.status} ${status.json?.code}`);
  const next = await firm(port, 'POST', '/api/auth/refresh', { headers: bearer(s.refresh) });
  if (next.status !== 200) {
    history.violation('I3', `${s.id} lives, but its refresh token: ${next.status} ${next.json?.code}`);
    return;
  }
  const used = await firm(port, 'GET', '/api/auth/status', { headers: bearer(next.json.accessToken) });
  if (used.status !== 200) history.violation('I3', `${s.id} lives, but its new access token: ${used.status} ${used.json?.code}`);
  history.adopt(s, next.json);
}

async function checkDead(history, port, s) {
  const answers = [await firm(port, 'GET', '/api/auth/status', { headers: bearer(s.access) })];
  for (const token of [s.tokens[0], s.refresh]) answers.push(await firm(port, 'POST', '/api/auth/refresh', { headers: bearer(token) }));
  for (const res of answers) if (res.status !== 401) history.violation('I2', `${s.id} has ended, but answers ${res.status}`);
}

/** A token whose successor has been used, past the overlap: whoever brings it
 *  is a thief, and the family ends. */
async function checkReplay(history, port, s) {
  const old = s.tokens[0];
  await history.house.query(`UPDATE session SET cur_issued_us = cur_issued_us - 3600000000 WHERE id = UNHEX('${key(s.id)}')`);
  const res = await firm(port, 'POST', '/api/auth/refresh', { headers: bearer(old) });
  if (res.status === 200) {
    const both = [await firm(port, 'POST', '/api/auth/refresh', { headers: bearer(res.json.refreshToken) }),
      await firm(port, 'POST', '/api/auth/refresh', { headers: bearer(s.refresh) })];
    history.violation('I1', `${s.id}: a used-up token gave tokens; its successors: ${both.map((r) => r.status).join(', ')}`);
  } else if (res.json?.code !== 'TOKEN_THEFT_DETECTED') {
    history.violation('I1', `${s.id}: a used-up token was answered ${res.status} ${res.json?.code}`);
  }
  const after = await firm(port, 'POST', '/api/auth/refresh', { headers: bearer(s.refresh) });
  if (after.status !== 401) history.violation('I1', `${s.id}: the family lives on after a theft: ${after.status}`);
}

/** Many at once end one session: it ends once, by one of them. */
async function checkDuel(history, s, by) {
  const { ports } = history;
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => firm(ports[i % ports.length], 'DELETE', `/api/auth/sessions/${s.id}`, { headers: bearer(by.access) })));
  const ended = answers.filter((res) => res.status === 200).length;
  if (ended !== 1) history.violation('I5', `${s.id} was ended ${ended} times by 8 at once: ${answers.map((res) => res.status).join(' ')}`);
  const [[events]] = await history.house.query(`SELECT COUNT(*) FROM event WHERE kind = 'session.revoked' AND session_id = UNHEX('${key(s.id)}')`);
  if (events !== '1') history.violation('I5', `the end of ${s.id} was recorded ${events} times`);
}

/** All but one session of each owner, beside that one. */
function pairs(history, live) {
  return history.owners.flatMap((owner) => {
    const [by, ...rest] = owner.sessions.filter((s) => live.includes(s));
    return rest.map((s) => [s, by]);
  });
}

/** Asks the service about every session; `replays` of them are robbed. */
export async function checkService(history, { replays = 6, duels = 10, limit = 60 } = {}) {
  const sessions = history.owners.flatMap((owner) => owner.sessions);
  const live = sessions.filter((s) => s.endBegun === Infinity).slice(-limit);
  const dead = sessions.filter((s) => s.endTold < Infinity).slice(-limit);
  const { ports } = history;
  for (const [i, s] of live.entries()) await checkLive(history, ports[i % ports.length], s);
  for (const [i, s] of dead.entries()) await checkDead(history, ports[i % ports.length], s);
  const robbed = live.filter((s) => s.tokens.length > 3).slice(0, replays);
  for (const [i, s] of robbed.entries()) await checkReplay(history, ports[i % ports.length], s);
  const rest = live.filter((s) => !robbed.includes(s));
  const fought = pairs(history, rest).slice(0, duels);
  for (const [s, by] of fought) await checkDuel(history, s, by);
  return { live: live.length, dead: dead.length, robbed: robbed.length, fought: fought.length };
}
