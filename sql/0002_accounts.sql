-- SPDX-License-Identifier: MIT
-- Second factors, single-use secrets, mail, groups, places, re-sealing.
-- Older programs are shut out: they would sign people in by password alone.

ALTER TABLE account
  ADD COLUMN email_verified_us BIGINT NOT NULL DEFAULT 0,
  -- Keyed hash of the normalised number; the number itself is sealed.
  ADD COLUMN phone_hash BINARY(32) NULL,
  ADD COLUMN phone_sealed VARBINARY(256) NULL,
  ADD COLUMN locale VARCHAR(35) CHARACTER SET ascii COLLATE ascii_nopad_bin
    NOT NULL DEFAULT '',
  -- Codes by mail are a second factor since (0: not).
  ADD COLUMN email_factor_us BIGINT NOT NULL DEFAULT 0,
  -- When the row of totp was made (0: none): a check need not look there.
  ADD COLUMN totp_us BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN preferred_factor ENUM('totp', 'email') NULL,
  -- The password opens nothing until it has been reset (0: it does).
  ADD COLUMN reset_required_us BIGINT NOT NULL DEFAULT 0,
  ADD UNIQUE KEY account_phone (realm_id, phone_hash);

ALTER TABLE realm
  -- Raised by whatever may take a realm's last administrator away, so that two
  -- such changes never pass each other, on a cluster neither.
  ADD COLUMN admin_changes BIGINT UNSIGNED NOT NULL DEFAULT 0;

-- Searches by administrators, in the order of creation.
ALTER TABLE account
  ADD KEY account_created (realm_id, created_us),
  ADD KEY account_status (realm_id, status, created_us);

-- The audit trail by what it is asked for.
ALTER TABLE event
  ADD KEY event_kind (realm_id, kind, at_us),
  ADD KEY event_session (session_id, at_us),
  ADD KEY event_ip (ip, at_us);

ALTER TABLE account_role
  ADD KEY account_role_role (role, account_id);

ALTER TABLE session
  -- Where it was last seen, by the GeoIP file; NULL: not known.
  ADD COLUMN country CHAR(2) CHARACTER SET ascii COLLATE ascii_nopad_bin NULL,
  ADD COLUMN city VARCHAR(128) NULL,
  ADD COLUMN latitude_e6 INT NULL,
  ADD COLUMN longitude_e6 INT NULL,
  ADD COLUMN place_us BIGINT NOT NULL DEFAULT 0,
  -- Opens nothing but step-up and sign-out until then (0: opens all).
  ADD COLUMN step_up_required_us BIGINT NOT NULL DEFAULT 0;

-- A secret that is good once: an attempt at a second factor, a code, a link.
CREATE TABLE challenge (
  id BINARY(16) NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  kind VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  account_id BINARY(16) NULL,
  session_id BINARY(16) NULL,
  -- Keyed hash of the address a code went to.
  address_hash BINARY(32) NULL,
  -- Keyed hash of the secret, bound to id and kind.
  secret_hash BINARY(32) NOT NULL,
  -- What it carries, sealed.
  payload_sealed VARBINARY(4096) NULL,
  tries_left INT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  used_us BIGINT NOT NULL DEFAULT 0,
  KEY challenge_account (account_id, kind),
  KEY challenge_address (realm_id, address_hash, kind),
  KEY challenge_session (session_id),
  KEY challenge_expiry (expires_us),
  CONSTRAINT challenge_realm FOREIGN KEY (realm_id) REFERENCES realm (id),
  CONSTRAINT challenge_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE,
  CONSTRAINT challenge_session FOREIGN KEY (session_id)
    REFERENCES session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE totp (
  account_id BINARY(16) NOT NULL PRIMARY KEY,
  secret_sealed VARBINARY(256) NOT NULL,
  -- The last time step that was accepted: none is taken twice.
  last_step BIGINT NOT NULL,
  created_us BIGINT NOT NULL,
  CONSTRAINT totp_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE recovery_code (
  account_id BINARY(16) NOT NULL,
  code_hash BINARY(32) NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (account_id, code_hash),
  CONSTRAINT recovery_code_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Devices that need no second factor for a while.
CREATE TABLE trusted_device (
  account_id BINARY(16) NOT NULL,
  device_id BINARY(16) NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  PRIMARY KEY (account_id, device_id),
  KEY trusted_device_expiry (expires_us),
  CONSTRAINT trusted_device_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Countries an account has been used from: what is not here is new.
CREATE TABLE account_country (
  account_id BINARY(16) NOT NULL,
  country CHAR(2) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  first_us BIGINT NOT NULL,
  PRIMARY KEY (account_id, country),
  CONSTRAINT account_country_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- "group" is a word of SQL.
CREATE TABLE user_group (
  realm_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (realm_id, name),
  CONSTRAINT user_group_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE user_group_text (
  realm_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  locale VARCHAR(35) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  title VARCHAR(200) NOT NULL,
  description VARCHAR(1000) NOT NULL DEFAULT '',
  PRIMARY KEY (realm_id, name, locale),
  CONSTRAINT user_group_text_group FOREIGN KEY (realm_id, name)
    REFERENCES user_group (realm_id, name) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE account_group (
  account_id BINARY(16) NOT NULL,
  realm_id INT UNSIGNED NOT NULL,
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  PRIMARY KEY (account_id, name),
  KEY account_group_group (realm_id, name),
  CONSTRAINT account_group_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE,
  CONSTRAINT account_group_group FOREIGN KEY (realm_id, name)
    REFERENCES user_group (realm_id, name) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What the courier has to deliver. A row goes when it has been delivered.
CREATE TABLE outbox (
  id BINARY(16) NOT NULL PRIMARY KEY,
  realm_id INT UNSIGNED NOT NULL,
  account_id BINARY(16) NULL,
  channel ENUM('mail', 'sms') NOT NULL,
  kind VARCHAR(48) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  locale VARCHAR(35) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  -- Address and values (lines of name=value), sealed.
  recipient_sealed VARBINARY(512) NOT NULL,
  values_sealed VARBINARY(8192) NOT NULL,
  created_us BIGINT NOT NULL,
  due_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  -- Given up (0: not), and why.
  dead_us BIGINT NOT NULL DEFAULT 0,
  error VARCHAR(255) NOT NULL DEFAULT '',
  KEY outbox_due (dead_us, channel, due_us),
  KEY outbox_expiry (expires_us),
  KEY outbox_account (account_id),
  CONSTRAINT outbox_realm FOREIGN KEY (realm_id) REFERENCES realm (id),
  CONSTRAINT outbox_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Re-sealing under the newest sealing key, column by column, resumable.
CREATE TABLE resealing (
  name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY,
  key_id VARCHAR(4) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  -- The last row done; empty: none yet.
  reached VARBINARY(128) NOT NULL DEFAULT '',
  -- Rows looked at, and those of them that did not open.
  done BIGINT NOT NULL DEFAULT 0,
  broken BIGINT NOT NULL DEFAULT 0,
  started_us BIGINT NOT NULL,
  -- End of this round (0: under way), and of the last whole one.
  finished_us BIGINT NOT NULL DEFAULT 0,
  last_us BIGINT NOT NULL DEFAULT 0,
  -- What holds it up.
  error VARCHAR(255) NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
