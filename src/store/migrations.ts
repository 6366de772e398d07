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
];
