// SPDX-License-Identifier: MIT
// A database as supertokens-mysql 10.1 keeps it, with two applications, a
// tenant, people and live sessions, and the tokens their browsers hold.
import { randomUUID } from 'node:crypto';
import { insert, tableStatements } from './supertokens_tables.mjs';
import { H, accessToken, masterKey, refreshToken, rsaKey } from './supertokens_tokens.mjs';

const HOUR = 3600_000;
const DAY = 24 * HOUR;

/* Made by libxcrypt and libargon2 once, for the passwords beside them. */
export const passwords = {
  ada: { clear: 'correct horse 1', hash: '$2b$11$abcdefghijklmnopqrstuuLfyVcrV5oiQy2NRLSsCtYI47jvYzVH.' },
  bob: { clear: 'correct horse 3', hash: '$argon2id$v=19$m=8192,t=1,p=2$MDEyMzQ1Njc4OWFiY2RlZg$HN9/KRQ2EwzHncZe2UuJRBr/Z9qYh3isJQZAHsHztCU' },
  carol: { clear: 'correct horse 1', hash: '$2a$05$abcdefghijklmnopqrstuuEXhiyQmRggPHo/Jc2S7y8qHYKiOUBCm' },
  fay: { clear: 'user1password', hash: '$f_scrypt$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$42xEC+ixf3L2lw==$m=14$r=8$s=Bw==' },
};

/** With the key of the project that has made Firebase's. */
export const firebaseKey = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==';

/** The whole of it at the time now (milliseconds): `statements` that fill an
 *  empty schema, and what a test compares with. */
export function supertokensDatabase(now = Date.now()) {
  const w = { now, users: {}, keys: {}, sessions: {}, statements: [...tableStatements] };
  const add = (table, ...rows) => w.statements.push(insert(table, ...rows));
  applications(w, add);
  keys(w, add);
  people(w, add);
  belongings(w, add);
  mails(w, add);
  sessions(w, add);
  broken(w, add);
  return w;
}

function applications(w, add) {
  const at = w.now - 400 * DAY;
  add('apps', { app_id: 'public', created_at_time: at }, { app_id: 'shop', created_at_time: at });
  add('tenants', ...[['public', 'public'], ['public', 'customers'], ['shop', 'public']]
    .map(([app_id, tenant_id]) => ({ app_id, tenant_id, created_at_time: at })));
  add('tenant_configs',
    { connection_uri_domain: '', app_id: 'public', tenant_id: 'customers', core_config: '{"mysql_host":"db.internal"}', is_first_factors_null: 0 },
    { connection_uri_domain: '', app_id: 'shop', tenant_id: 'public', core_config: '{"access_token_validity":1800,"mysql_port":3307}', is_first_factors_null: 1 });
  add('tenant_first_factors', ...['emailpassword', 'thirdparty'].map((factor_id) => ({ connection_uri_domain: '', app_id: 'public', tenant_id: 'customers', factor_id })));
  add('tenant_required_secondary_factors', { connection_uri_domain: '', app_id: 'public', tenant_id: 'customers', factor_id: 'totp' });
}

function keys(w, add) {
  const made = { previous: w.now - 168 * HOUR + 20 * 60_000, current: w.now - HOUR, shop: w.now - 2 * HOUR, ended: w.now - 300 * HOUR };
  const separators = { shop: ';' };
  for (const [name, at] of Object.entries(made)) w.keys[name] = { ...rsaKey(separators[name]), kid: `d-${at}`, at };
  w.keys.fixed = { ...rsaKey(), kid: `s-${randomUUID()}` };
  w.master = { public: masterKey(), shop: masterKey() };
  for (const name of ['ended', 'previous', 'current', 'shop']) {
    add('session_access_token_signing_keys', { app_id: name === 'shop' ? 'shop' : 'public', created_at_time: made[name], value: w.keys[name].text });
  }
  add('jwt_signing_keys', { app_id: 'public', key_id: w.keys.fixed.kid, key_string: w.keys.fixed.text, algorithm: 'RS256', created_at: w.now - 400 * DAY });
  for (const app_id of ['public', 'shop']) {
    add('key_value', { app_id, tenant_id: 'public', name: 'refresh_token_key', value: w.master[app_id], created_at_time: w.now - 400 * DAY },
      { app_id, tenant_id: 'public', name: 'TELEMETRY_ID', value: randomUUID(), created_at_time: w.now - 400 * DAY });
  }
}

/* tenants: where they may sign in; primary: the user they are linked to. */
function people(w, add) {
  const wanted = {
    ada: { email: 'ada@mail.test', tenants: ['public', 'customers'] },
    bob: { email: 'bob@mail.test', tenants: ['customers'], external: 'legacy-7', primary: 'bob' },
    carol: { email: 'carol@mail.test', tenants: ['customers'], primary: 'bob' },
    dan: { app: 'shop', email: 'ada@mail.test', tenants: ['public'], password: 'ada' },
    eve: { email: 'eve@mail.test', tenants: [], password: 'ada' },
    fay: { email: 'fay@mail.test', tenants: ['public', 'customers'] },
    gus: { email: 'gus@mail.test', tenants: ['public'], primary: 'gus', password: 'ada' },
    gusto: { email: 'gus@mail.test', tenants: ['public'], primary: 'gus', provider: 'google', subject: '1001' },
    hal: { email: 'ADA@mail.test', tenants: ['customers'], provider: 'github', subject: 'Hal / 7', external: 'legacy-8' },
    ivy: { email: 'ivy@mail.test', tenants: ['public', 'customers'], provider: 'google', subject: '1002' },
    jim: { app: 'shop', email: 'jim.fake', tenants: ['public'], provider: 'google', subject: '1001' },
  };
  let at = w.now - 100 * DAY;
  for (const [name, p] of Object.entries(wanted)) w.users[name] = { app: 'public', ...p, id: randomUUID(), at: at += DAY, ...(p.provider ? {} : passwords[p.password ?? name]) };
  for (const u of Object.values(w.users)) {
    const names = { app_id: u.app, user_id: u.id };
    const links = { primary_or_recipe_user_id: u.primary ? w.users[u.primary].id : u.id, is_linked_or_is_a_primary_user: Boolean(u.primary), recipe_id: u.provider ? 'thirdparty' : 'emailpassword' };
    const person = { third_party_id: u.provider, third_party_user_id: u.subject };
    add('app_id_to_user_id', { ...names, ...links });
    if (u.provider) add('thirdparty_users', { ...names, ...person, email: u.email, time_joined: u.at });
    else add('emailpassword_users', { ...names, email: u.email, password_hash: u.hash, time_joined: u.at });
    for (const tenant_id of u.tenants) {
      add('all_auth_recipe_users', { ...names, tenant_id, ...links, time_joined: u.at, primary_or_recipe_user_time_joined: u.at });
      if (u.provider) add('thirdparty_user_to_tenant', { ...names, tenant_id, ...person });
      else add('emailpassword_user_to_tenant', { ...names, tenant_id, email: u.email });
    }
    if (u.external) add('userid_mapping', { app_id: u.app, supertokens_user_id: u.id, external_user_id: u.external, external_user_id_info: 'from the old shop' });
  }
}

function belongings(w, add) {
  const { ada, bob, gusto, jim } = w.users;
  add('emailverification_verified_emails', { app_id: 'public', user_id: gusto.id, email: gusto.email }, { app_id: 'shop', user_id: jim.id, email: jim.email },
    { app_id: 'public', user_id: ada.id, email: ada.email }, { app_id: 'public', user_id: bob.external, email: bob.email },
    { app_id: 'public', user_id: 'nobody-we-know', email: 'other@mail.test' });
  add('user_metadata', { app_id: 'public', user_id: ada.id, user_metadata: '{"theme":"dark","name":"Adä","gone":null}' },
    { app_id: 'public', user_id: bob.external, user_metadata: '{"plan":7}' });
  add('roles', { app_id: 'public', role: 'admin' }, { app_id: 'public', role: 'reader' }, { app_id: 'shop', role: 'admin' });
  add('role_permissions', { app_id: 'public', role: 'admin', permission: 'read' }, { app_id: 'public', role: 'admin', permission: 'write' },
    { app_id: 'public', role: 'reader', permission: 'read' });
  add('user_roles', { app_id: 'public', tenant_id: 'public', user_id: ada.id, role: 'admin' }, { app_id: 'public', tenant_id: 'customers', user_id: ada.id, role: 'reader' },
    { app_id: 'public', tenant_id: 'customers', user_id: bob.external, role: 'reader' });
  add('totp_users', { app_id: 'public', user_id: ada.id });
  add('totp_user_devices', { app_id: 'public', user_id: ada.id, device_name: 'phone', secret_key: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', period: 30, skew: 1, verified: true, created_at: w.now - DAY },
    { app_id: 'public', user_id: ada.id, device_name: 'old phone', secret_key: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', period: 60, skew: 0, verified: false, created_at: w.now - 2 * DAY });
}

/* Links on their way to people, as the words they bear. */
function mails(w, add) {
  const { ada, bob, carol, ivy } = w.users;
  const token = (name) => `${name}-${randomUUID()}`;
  w.resets = Object.fromEntries(['one', 'other', 'carols', 'late'].map((name) => [name, token(name)]));
  w.proofs = Object.fromEntries(['carols', 'ivys', 'nobodys', 'done', 'late'].map((name) => [name, token(name)]));
  const reset = (user, name, email, more = HOUR) => ({ app_id: 'public', user_id: user.id, token: H(w.resets[name]), email, token_expiry: w.now + more });
  add('emailpassword_pswd_reset_tokens', reset(ada, 'one', ada.email), reset(ada, 'other', ada.email), reset(carol, 'carols', null), reset(ada, 'late', ada.email, -1000),
    { ...reset(ada, 'one', ada.email), token: 'no hash' });
  const proof = (tenant_id, user_id, email, name, more = DAY) => ({ app_id: 'public', tenant_id, user_id, email, token: H(w.proofs[name]), token_expiry: w.now + more });
  add('emailverification_tokens', proof('customers', carol.id, carol.email, 'carols'), proof('public', ivy.id, ivy.email, 'ivys'),
    proof('public', 'nobody-we-know', 'new@mail.test', 'nobodys'), proof('customers', bob.external, bob.email, 'done'), proof('public', ada.id, 'next@mail.test', 'late', -1000));
}

/* state: how far the browser is. current: it holds the token of the row; child:
 * it has refreshed once and not used what it got, so the row has the parent's. */
function sessions(w, add) {
  const { ada, bob, dan } = w.users;
  const wanted = {
    plain: { userId: ada.id, payload: { 'st-ev': { v: true, t: 1 }, name: 'Adä', nothing: null }, data: { cart: [1, null] } },
    child: { userId: ada.id, state: 'child' },
    heir: { userId: ada.id, state: 'child' },
    fixed: { userId: ada.id, fixed: true },
    older: { userId: ada.id, key: 'previous' },
    csrf: { userId: ada.id, antiCsrf: randomUUID() },
    tenant: { userId: bob.external, tenant: 'customers' },
    shop: { app: 'shop', userId: dan.id, key: 'shop' },
    foreign: { userId: 'nobody-we-know' },
    anonymous: { userId: '' },
  };
  for (const [name, s] of Object.entries(wanted)) w.sessions[name] = session(w, s);
  for (const s of Object.values(w.sessions)) add('session_info', s.row);
  w.expired = session(w, { userId: ada.id, key: 'ended' });
  add('session_info', { ...w.expired.row, expires_at: w.now - 1000 });
}

function session(w, s) {
  const tenant = s.tenant ?? 'public', app = s.app ?? 'public', payload = s.payload ?? {};
  const handle = randomUUID() + (tenant === 'public' ? '' : `_${tenant}`);
  const base = { handle, userId: s.userId, antiCsrf: s.antiCsrf, tenantId: tenant === 'public' ? undefined : tenant };
  const parent = refreshToken(w.master[app], base);
  const refresh = s.state === 'child' ? refreshToken(w.master[app], { ...base, parent: H(parent) }) : parent;
  const key = s.fixed ? w.keys.fixed : w.keys[s.key ?? 'current'];
  const access = accessToken(key, key.kid, {
    handle, userId: s.userId, refresh, parent: s.state === 'child' ? H(parent) : null, antiCsrf: s.antiCsrf ?? null, tenantId: tenant, payload, issued: w.now - 60_000,
  });
  const row = {
    app_id: app, tenant_id: tenant, session_handle: handle, user_id: s.userId, refresh_token_hash_2: H(H(parent)), session_data: JSON.stringify(s.data ?? {}),
    expires_at: w.now + 90 * DAY, created_at_time: w.now - 10 * DAY, jwt_user_payload: JSON.stringify(payload), use_static_key: Boolean(s.fixed),
  };
  return { ...s, app, tenant, handle, id: handle.slice(0, 36), parent, refresh, access, payload, row };
}

/* What no takeover can take as it is, and has to tell. */
function broken(w, add) {
  w.broken = { handle: 'not-a-handle', hash: randomUUID(), payload: randomUUID(), twin: 'ffffffff-ffff-4fff-bfff-ffffffffffff' };
  const { row } = w.sessions.plain;
  add('session_info', { ...row, session_handle: w.broken.handle, refresh_token_hash_2: H('x') }, { ...row, session_handle: w.broken.hash, refresh_token_hash_2: 'no hash' },
    { ...row, session_handle: w.broken.payload, refresh_token_hash_2: H('y'), jwt_user_payload: '[1' });
  /* Ada once more, in another case, behind her. */
  const twin = { app_id: 'public', user_id: w.broken.twin }, of = { primary_or_recipe_user_id: w.broken.twin, recipe_id: 'emailpassword' };
  add('app_id_to_user_id', { ...twin, ...of });
  add('all_auth_recipe_users', { ...twin, ...of, tenant_id: 'public', time_joined: w.now, primary_or_recipe_user_time_joined: w.now });
  add('emailpassword_users', { ...twin, email: 'ADA@Mail.test', password_hash: passwords.carol.hash, time_joined: w.now });
  add('user_metadata', { app_id: 'public', user_id: 'broken', user_metadata: 'no JSON' });
}
