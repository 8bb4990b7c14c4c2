-- SPDX-License-Identifier: MIT
-- Sign-in by other providers: who a provider's person is here, and what a
-- provider began.
-- Older programs are shut out: they would not end what a provider ends.

-- A person of a provider, known by issuer and subject and by nothing else.
CREATE TABLE identity (
  realm_id INT UNSIGNED NOT NULL,
  -- Keyed hash of realm, issuer and subject (of a provider without an issuer, of
  -- its name and the subject), verbatim: subjects differ by case.
  identity_hash BINARY(32) NOT NULL,
  account_id BINARY(16) NOT NULL,
  -- The name of its section in the configuration.
  provider VARCHAR(32) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
  subject_sealed VARBINARY(512) NOT NULL,
  created_us BIGINT NOT NULL,
  used_us BIGINT NOT NULL,
  -- The provider's tokens, sealed, where the operator asks for it; NULL: none.
  tokens_sealed VARBINARY(16384) NULL,
  -- End of its access token (0: not told), and how often they were renewed.
  tokens_end_us BIGINT NOT NULL DEFAULT 0,
  tokens_version BIGINT NOT NULL DEFAULT 0,
  -- Somebody is renewing them until then.
  tokens_renew_us BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (identity_hash),
  -- One person of a provider for an account.
  UNIQUE KEY identity_account (account_id, provider),
  CONSTRAINT identity_realm FOREIGN KEY (realm_id) REFERENCES realm (id),
  CONSTRAINT identity_account FOREIGN KEY (account_id)
    REFERENCES account (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The sessions a provider began, which it may end (OpenID Connect Back-Channel
-- Logout 1.0).
CREATE TABLE session_provider (
  session_id BINARY(16) NOT NULL PRIMARY KEY,
  identity_hash BINARY(32) NOT NULL,
  -- Keyed hash of realm, issuer and the provider's own session id; NULL: not
  -- told.
  sid_hash BINARY(32) NULL,
  KEY session_provider_identity (identity_hash),
  KEY session_provider_sid (sid_hash),
  CONSTRAINT session_provider_session FOREIGN KEY (session_id)
    REFERENCES session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
