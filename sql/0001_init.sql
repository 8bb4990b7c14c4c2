-- SPDX-License-Identifier: MIT
-- Realms, accounts, sessions, keys, revocations, throttle, audit, lease.
-- Times are microseconds since 1970 UTC; 0 means "not" where it is allowed.
-- Collations compare bytes and do not pad: "ann" is neither "Ann" nor "ann ".

CREATE TABLE realm (
  id INT UNSIGNED NOT NULL PRIMARY KEY,
  app VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  tenant VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  -- Sessions made before this time are dead: one write ends them all.
  sessions_valid_from_us BIGINT NOT NULL DEFAULT 0,
  -- Raised with every change of the signing keys, so that workers notice.
  key_generation BIGINT UNSIGNED NOT NULL DEFAULT 0,
  created_us BIGINT NOT NULL,
  UNIQUE KEY realm_name (app, tenant)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

INSERT INTO realm (id, app, tenant, created_us)
  VALUES (1, 'public', 'public',
    CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED));

CREATE TABLE account (
  id BINARY(16) NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  -- Keyed hash of the normalised address; the address itself is sealed.
  email_hash BINARY(32) NULL,
  email_sealed VARBINARY(512) NULL,
  name_sealed VARBINARY(1024) NULL,
  password_hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL,
  status ENUM('active', 'disabled') NOT NULL DEFAULT 'active',
  -- Raised when password, rights or status change: access tokens carry it.
  version BIGINT UNSIGNED NOT NULL DEFAULT 1,
  created_us BIGINT NOT NULL,
  updated_us BIGINT NOT NULL,
  UNIQUE KEY account_email (realm_id, email_hash),
  CONSTRAINT account_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE account_role (
  account_id BINARY(16) NOT NULL,
  role VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  PRIMARY KEY (account_id, role),
  CONSTRAINT account_role_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- A session's subject needs no account row: back ends may bring their own
-- users. Then account_id is NULL and subject is theirs.
CREATE TABLE session (
  id BINARY(16) NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  subject VARCHAR(128) NOT NULL,
  account_id BINARY(16) NULL,
  -- Lineage: the generations' keys (hash of the hash of a refresh token).
  refresh_cur BINARY(32) NOT NULL,
  refresh_prev BINARY(32) NULL,
  refresh_grand BINARY(32) NULL,
  cur_issued_us BIGINT NOT NULL,
  prev_issued_us BIGINT NOT NULL DEFAULT 0,
  created_us BIGINT NOT NULL,
  active_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  absolute_us BIGINT NOT NULL DEFAULT 0,
  revoked_us BIGINT NOT NULL DEFAULT 0,
  revoked_reason VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL,
  auth_time_s BIGINT NOT NULL,
  amr VARCHAR(255) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
    DEFAULT '[]',
  acr VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
    DEFAULT '1',
  device_id BINARY(16) NULL,
  label VARCHAR(64) NULL,
  browser VARCHAR(64) NOT NULL DEFAULT '',
  os VARCHAR(64) NOT NULL DEFAULT '',
  device_type ENUM('desktop', 'mobile', 'tablet', 'pwa', 'other')
    NOT NULL DEFAULT 'other',
  user_agent VARCHAR(512) NOT NULL DEFAULT '',
  ip BINARY(16) NOT NULL,
  -- Further claims of access tokens: a JSON object, set by servers only.
  claims TEXT NULL,
  KEY session_subject (realm_id, subject, revoked_us),
  KEY session_expiry (expires_us),
  KEY session_revoked (revoked_us),
  KEY session_account (account_id),
  KEY session_ip (ip),
  CONSTRAINT session_realm FOREIGN KEY (realm_id) REFERENCES realm (id),
  CONSTRAINT session_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE session_data (
  session_id BINARY(16) NOT NULL PRIMARY KEY,
  data MEDIUMTEXT NOT NULL,
  CONSTRAINT session_data_session FOREIGN KEY (session_id)
    REFERENCES session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE token_revocation (
  jti BINARY(16) NOT NULL PRIMARY KEY,
  expires_us BIGINT NOT NULL,
  KEY token_revocation_expiry (expires_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE signing_key (
  kid VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  alg ENUM('ES256', 'RS256', 'HS256') NOT NULL,
  sealed VARBINARY(4096) NOT NULL,
  created_us BIGINT NOT NULL,
  -- Signs from here on; published from created_us.
  active_us BIGINT NOT NULL,
  -- Stopped signing here (0: still may); published until expires_us.
  retired_us BIGINT NOT NULL DEFAULT 0,
  expires_us BIGINT NOT NULL DEFAULT 0,
  revoked_us BIGINT NOT NULL DEFAULT 0,
  KEY signing_key_realm (realm_id, active_us),
  CONSTRAINT signing_key_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE throttle (
  bucket BINARY(32) NOT NULL PRIMARY KEY,
  used INT UNSIGNED NOT NULL,
  window_end_us BIGINT NOT NULL,
  KEY throttle_end (window_end_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Append-only for the running service.
CREATE TABLE event (
  id BINARY(16) NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  at_us BIGINT NOT NULL,
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  subject VARCHAR(128) NULL,
  session_id BINARY(16) NULL,
  ip BINARY(16) NOT NULL,
  user_agent VARCHAR(512) NOT NULL DEFAULT '',
  request_id VARCHAR(36) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
    DEFAULT '',
  detail VARCHAR(1024) NOT NULL DEFAULT '{}',
  KEY event_subject (realm_id, subject, at_us),
  KEY event_time (at_us)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE api_key (
  id BINARY(16) NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) NOT NULL,
  secret_hash BINARY(32) NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL DEFAULT 0,
  revoked_us BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT api_key_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE lease (
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY,
  owner BINARY(16) NOT NULL,
  until_us BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
