// SPDX-License-Identifier: MIT
// The tables of a database that supertokens-mysql 10.1 leaves behind, as far as
// a takeover reads them: names, columns and keys of its own.
const app = 'app_id VARCHAR(64) NOT NULL DEFAULT \'public\'';
const tenant = 'tenant_id VARCHAR(64) NOT NULL DEFAULT \'public\'';
const user = 'user_id CHAR(36) NOT NULL';
const anyone = 'user_id VARCHAR(128) NOT NULL';
const linked = 'primary_or_recipe_user_id CHAR(36) NOT NULL, is_linked_or_is_a_primary_user TINYINT(1) NOT NULL DEFAULT 0';

const tables = {
  apps: [app, 'created_at_time BIGINT UNSIGNED', 'PRIMARY KEY (app_id)'],
  tenants: [app, tenant, 'created_at_time BIGINT UNSIGNED', 'PRIMARY KEY (app_id, tenant_id)'],
  tenant_configs: ['connection_uri_domain VARCHAR(256) NOT NULL DEFAULT \'\'', app, tenant, 'core_config TEXT', 'email_password_enabled TINYINT(1)',
    'passwordless_enabled TINYINT(1)', 'third_party_enabled TINYINT(1)', 'is_first_factors_null TINYINT(1)', 'PRIMARY KEY (connection_uri_domain, app_id, tenant_id)'],
  tenant_first_factors: ['connection_uri_domain VARCHAR(256) NOT NULL DEFAULT \'\'', app, tenant, 'factor_id VARCHAR(128) NOT NULL',
    'PRIMARY KEY (connection_uri_domain, app_id, tenant_id, factor_id)'],
  tenant_required_secondary_factors: ['connection_uri_domain VARCHAR(256) NOT NULL DEFAULT \'\'', app, tenant, 'factor_id VARCHAR(128) NOT NULL',
    'PRIMARY KEY (connection_uri_domain, app_id, tenant_id, factor_id)'],
  key_value: [app, tenant, 'name VARCHAR(128) NOT NULL', 'value TEXT', 'created_at_time BIGINT UNSIGNED', 'PRIMARY KEY (app_id, tenant_id, name)'],
  session_info: [app, tenant, 'session_handle VARCHAR(255) NOT NULL', anyone, 'refresh_token_hash_2 VARCHAR(128) NOT NULL', 'session_data TEXT',
    'expires_at BIGINT UNSIGNED NOT NULL', 'created_at_time BIGINT UNSIGNED NOT NULL', 'jwt_user_payload TEXT', 'use_static_key TINYINT(1) NOT NULL',
    'PRIMARY KEY (app_id, tenant_id, session_handle)', 'KEY session_expiry (expires_at)'],
  session_access_token_signing_keys: [app, 'created_at_time BIGINT UNSIGNED NOT NULL', 'value TEXT', 'PRIMARY KEY (app_id, created_at_time)'],
  jwt_signing_keys: [app, 'key_id VARCHAR(255) NOT NULL', 'key_string TEXT NOT NULL', 'algorithm VARCHAR(10) NOT NULL', 'created_at BIGINT UNSIGNED', 'PRIMARY KEY (app_id, key_id)'],
  app_id_to_user_id: [app, user, 'recipe_id VARCHAR(128) NOT NULL', linked, 'PRIMARY KEY (app_id, user_id)'],
  all_auth_recipe_users: [app, tenant, user, linked, 'recipe_id VARCHAR(128) NOT NULL', 'time_joined BIGINT UNSIGNED NOT NULL',
    'primary_or_recipe_user_time_joined BIGINT UNSIGNED NOT NULL', 'PRIMARY KEY (app_id, tenant_id, user_id)'],
  userid_mapping: [app, 'supertokens_user_id CHAR(36) NOT NULL', 'external_user_id VARCHAR(128) NOT NULL', 'external_user_id_info TEXT',
    'PRIMARY KEY (app_id, supertokens_user_id, external_user_id)', 'UNIQUE KEY (app_id, supertokens_user_id)', 'UNIQUE KEY (app_id, external_user_id)'],
  emailpassword_users: [app, user, 'email VARCHAR(256) NOT NULL', 'password_hash VARCHAR(256) NOT NULL', 'time_joined BIGINT UNSIGNED NOT NULL', 'PRIMARY KEY (app_id, user_id)'],
  emailpassword_user_to_tenant: [app, tenant, user, 'email VARCHAR(256) NOT NULL', 'PRIMARY KEY (app_id, tenant_id, user_id)', 'UNIQUE KEY (app_id, tenant_id, email)'],
  emailpassword_pswd_reset_tokens: [app, user, 'token VARCHAR(128) NOT NULL', 'email VARCHAR(256)', 'token_expiry BIGINT UNSIGNED NOT NULL', 'PRIMARY KEY (app_id, user_id, token)', 'UNIQUE KEY (token)'],
  thirdparty_users: [app, 'third_party_id VARCHAR(28) NOT NULL', 'third_party_user_id VARCHAR(256) NOT NULL', user, 'email VARCHAR(256) NOT NULL',
    'time_joined BIGINT UNSIGNED NOT NULL', 'PRIMARY KEY (app_id, user_id)'],
  thirdparty_user_to_tenant: [app, tenant, user, 'third_party_id VARCHAR(28) NOT NULL', 'third_party_user_id VARCHAR(256) NOT NULL',
    'PRIMARY KEY (app_id, tenant_id, user_id)', 'UNIQUE KEY (app_id, tenant_id, third_party_id, third_party_user_id)'],
  emailverification_verified_emails: [app, anyone, 'email VARCHAR(256) NOT NULL', 'PRIMARY KEY (app_id, user_id, email)'],
  emailverification_tokens: [app, tenant, anyone, 'email VARCHAR(256) NOT NULL', 'token VARCHAR(128) NOT NULL', 'token_expiry BIGINT UNSIGNED NOT NULL',
    'PRIMARY KEY (app_id, tenant_id, user_id, email, token)', 'UNIQUE KEY (token)'],
  user_metadata: [app, anyone, 'user_metadata TEXT NOT NULL', 'PRIMARY KEY (app_id, user_id)'],
  roles: [app, 'role VARCHAR(255) NOT NULL', 'PRIMARY KEY (app_id, role)'],
  role_permissions: [app, 'role VARCHAR(255) NOT NULL', 'permission VARCHAR(255) NOT NULL', 'PRIMARY KEY (app_id, role, permission)'],
  user_roles: [app, tenant, anyone, 'role VARCHAR(255) NOT NULL', 'PRIMARY KEY (app_id, tenant_id, user_id, role)'],
  totp_users: [app, anyone, 'PRIMARY KEY (app_id, user_id)'],
  totp_user_devices: [app, anyone, 'device_name VARCHAR(256) NOT NULL', 'secret_key VARCHAR(256) NOT NULL', 'period INTEGER NOT NULL', 'skew INTEGER NOT NULL',
    'verified TINYINT(1) NOT NULL', 'created_at BIGINT UNSIGNED', 'PRIMARY KEY (app_id, user_id, device_name)'],
};

/** What makes them, one statement each. */
export const tableStatements = Object.entries(tables).map(([name, parts]) => `CREATE TABLE ${name} (${parts.join(', ')}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);

const cell = (v) => {
  if (v === null || v === undefined) return 'NULL';
  if (typeof v === 'number' || typeof v === 'bigint') return String(v);
  if (typeof v === 'boolean') return v ? '1' : '0';
  return `'${String(v).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
};

/** One INSERT of rows, objects with the same members. */
export function insert(table, ...rows) {
  const names = Object.keys(rows[0]);
  return `INSERT INTO ${table} (${names.join(', ')}) VALUES ${rows.map((row) => `(${names.map((n) => cell(row[n])).join(', ')})`).join(', ')}`;
}
