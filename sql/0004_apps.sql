-- SPDX-License-Identifier: MIT
-- Applications and tenants of the core interface (CDI), and what their back
-- ends keep: users of several tenants, roles, metadata, devices.
-- Older programs are shut out: they would take an application's sessions and
-- keys for their own.

-- A realm is a tenant. app_id is the realm of the application's tenant
-- "public", in which everything stands that its tenants share.
-- A number is never given twice: processes keep what they know by it.
ALTER TABLE realm
  MODIFY COLUMN id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  ADD COLUMN app_id INT UNSIGNED NOT NULL DEFAULT 1,
  -- Settings that differ from the configuration: a JSON object.
  ADD COLUMN core_config TEXT NOT NULL DEFAULT '{}',
  -- Blank-separated; NULL: every one that is configured.
  ADD COLUMN first_factors VARCHAR(1024) NULL,
  ADD COLUMN second_factors VARCHAR(1024) NULL,
  -- Providers of sign-in, a JSON array with their secrets, sealed.
  ADD COLUMN providers_sealed MEDIUMBLOB NULL,
  ADD KEY realm_app (app_id);

-- kind: native, or made for an application by CDI or FDI. The latter know
-- neither inactivity nor an absolute end, and their cur_issued_us is when a
-- generation last took another's place.
ALTER TABLE session
  ADD COLUMN kind ENUM('native', 'app') NOT NULL DEFAULT 'native',
  ADD COLUMN static_key TINYINT NOT NULL DEFAULT 0,
  -- What an account's list reads, and nothing that has ended.
  DROP KEY session_account,
  ADD KEY session_account (account_id, revoked_us);

-- Keys of an application: dynamic ones are followed by others on time, static
-- ones stay.
ALTER TABLE signing_key
  ADD COLUMN purpose ENUM('access', 'dynamic', 'static') NOT NULL
    DEFAULT 'access';

-- Further secrets of an application, such as what its refresh tokens are
-- encrypted with.
CREATE TABLE app_secret (
  realm_id INT UNSIGNED NOT NULL,
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  sealed VARBINARY(1024) NOT NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (realm_id, name),
  CONSTRAINT app_secret_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Imported hashes may be longer than ours. member 0: the account is no member
-- of its own realm any more, and its email_hash is NULL. primary_id: the account whose id
-- stands for it and for those linked to it; its own id when it is the primary
-- one.
ALTER TABLE account
  MODIFY COLUMN password_hash VARCHAR(512) CHARACTER SET ascii
    COLLATE ascii_nopad_bin NULL,
  ADD COLUMN member TINYINT NOT NULL DEFAULT 1,
  ADD COLUMN primary_id BINARY(16) NULL,
  -- Keyed hash, by the application's realm, of an address that opens nothing:
  -- of an account that only a provider opens.
  ADD COLUMN contact_hash BINARY(32) NULL,
  -- What every look at a session asks: 1 address verified, 2 codes by mail,
  -- 4 TOTP, 8 times the preferred of the two.
  ADD COLUMN factors TINYINT UNSIGNED AS
    ((email_verified_us > 0) + 2 * (email_factor_us > 0) + 4 * (totp_us > 0)
     + 8 * COALESCE(preferred_factor + 0, 0)) STORED,
  ADD KEY account_contact (contact_hash),
  ADD KEY account_primary (primary_id);

-- Further tenants of an account.
CREATE TABLE account_tenant (
  realm_id INT UNSIGNED NOT NULL,
  account_id BINARY(16) NOT NULL,
  -- As account.email_hash, by this realm's key; NULL: no address of its own.
  email_hash BINARY(32) NULL,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (realm_id, account_id),
  UNIQUE KEY account_tenant_email (realm_id, email_hash),
  KEY account_tenant_account (account_id),
  CONSTRAINT account_tenant_realm FOREIGN KEY (realm_id) REFERENCES realm (id),
  CONSTRAINT account_tenant_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Below, realm_id is that of the application, but for what a tenant gives.
-- user_id is whatever the back end calls a user: an account's id, an id mapped
-- to it, or anything else.

CREATE TABLE app_user_map (
  realm_id INT UNSIGNED NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  external_id VARCHAR(128) NOT NULL,
  info VARCHAR(1024) NULL,
  PRIMARY KEY (realm_id, user_id),
  UNIQUE KEY app_user_map_external (realm_id, external_id),
  CONSTRAINT app_user_map_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE app_user_metadata (
  realm_id INT UNSIGNED NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  metadata MEDIUMTEXT NOT NULL,
  PRIMARY KEY (realm_id, user_id),
  CONSTRAINT app_user_metadata_realm FOREIGN KEY (realm_id)
    REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE app_role (
  realm_id INT UNSIGNED NOT NULL,
  role VARCHAR(255) NOT NULL,
  PRIMARY KEY (realm_id, role),
  CONSTRAINT app_role_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE app_role_permission (
  realm_id INT UNSIGNED NOT NULL,
  role VARCHAR(255) NOT NULL,
  permission VARCHAR(255) NOT NULL,
  PRIMARY KEY (realm_id, role, permission),
  KEY app_role_permission_name (realm_id, permission),
  CONSTRAINT app_role_permission_role FOREIGN KEY (realm_id, role)
    REFERENCES app_role (realm_id, role) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- realm_id: the tenant's. app_id: the application's.
CREATE TABLE app_user_role (
  realm_id INT UNSIGNED NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  role VARCHAR(255) NOT NULL,
  app_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (realm_id, user_id, role),
  KEY app_user_role_name (app_id, role),
  CONSTRAINT app_user_role_realm FOREIGN KEY (realm_id) REFERENCES realm (id),
  CONSTRAINT app_user_role_role FOREIGN KEY (app_id, role)
    REFERENCES app_role (realm_id, role) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Addresses that a user, who need not have an account, has proved to be his.
-- email_hash: keyed hash of the application's realm and the address.
CREATE TABLE app_verified_email (
  realm_id INT UNSIGNED NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  email_hash BINARY(32) NOT NULL,
  PRIMARY KEY (realm_id, user_id, email_hash),
  CONSTRAINT app_verified_email_realm FOREIGN KEY (realm_id)
    REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Tokens that reset a password or prove an address, by their SHA-256.
-- realm_id: the tenant's. app_id: the application's.
CREATE TABLE app_token (
  hash BINARY(32) NOT NULL,
  realm_id INT UNSIGNED NOT NULL,
  app_id INT UNSIGNED NOT NULL,
  purpose ENUM('password', 'email') NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  email_sealed VARBINARY(512) NOT NULL,
  email_hash BINARY(32) NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL,
  PRIMARY KEY (app_id, purpose, hash),
  KEY app_token_user (app_id, purpose, user_id),
  KEY app_token_expiry (expires_us),
  CONSTRAINT app_token_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE app_totp_device (
  realm_id INT UNSIGNED NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  name VARCHAR(255) NOT NULL,
  -- What the secret is sealed to.
  id BINARY(16) NOT NULL,
  secret_sealed VARBINARY(512) NOT NULL,
  period_s INT UNSIGNED NOT NULL,
  skew INT UNSIGNED NOT NULL,
  verified TINYINT NOT NULL DEFAULT 0,
  created_us BIGINT NOT NULL,
  PRIMARY KEY (realm_id, user_id, name),
  UNIQUE KEY app_totp_device_id (id),
  CONSTRAINT app_totp_device_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Codes that were tried: right ones for as long as they would be right again,
-- wrong ones for as long as they count against the limit. realm_id: the
-- tenant's.
CREATE TABLE app_totp_code (
  realm_id INT UNSIGNED NOT NULL,
  user_id VARCHAR(128) NOT NULL,
  created_us BIGINT NOT NULL,
  code_hash BINARY(32) NOT NULL,
  valid TINYINT NOT NULL,
  expires_us BIGINT NOT NULL,
  PRIMARY KEY (realm_id, user_id, created_us),
  KEY app_totp_code_expiry (expires_us),
  CONSTRAINT app_totp_code_realm FOREIGN KEY (realm_id) REFERENCES realm (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
