/**
 * The schema, one list of statements per version. A version that was released is never changed, only followed by another.
 * The types are those that SQLite and PostgreSQL have in common.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE documents (
      namespace TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      expires_at BIGINT,
      PRIMARY KEY (namespace, key)
    )`,
    'CREATE INDEX documents_expiry ON documents (namespace, expires_at)',
    `CREATE TABLE samples (
      owner TEXT NOT NULL,
      account TEXT NOT NULL,
      component TEXT NOT NULL,
      day INTEGER NOT NULL,
      readings TEXT NOT NULL,
      PRIMARY KEY (owner, account, component, day)
    )`,
  ],
  [
    `CREATE TABLE journal (
      offering TEXT NOT NULL,
      seq BIGINT NOT NULL,
      at BIGINT NOT NULL,
      order_uuid TEXT,
      resource TEXT,
      kind TEXT NOT NULL,
      body TEXT NOT NULL,
      hash TEXT NOT NULL,
      PRIMARY KEY (offering, seq)
    )`,
    'CREATE INDEX journal_orders ON journal (order_uuid, seq)',
    'CREATE INDEX journal_resources ON journal (resource, seq)',
    'CREATE INDEX journal_times ON journal (offering, at)',
    `CREATE TABLE journal_ends (
      offering TEXT NOT NULL PRIMARY KEY,
      first_seq BIGINT NOT NULL,
      first_hash TEXT NOT NULL,
      last_seq BIGINT NOT NULL,
      last_hash TEXT NOT NULL
    )`,
  ],
];
