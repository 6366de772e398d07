export type SqlValue = string | number | null;

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A database that speaks the SQL which SQLite and PostgreSQL share. Parameters are written `?`. */
export interface Sql {
  all(statement: Statement): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** All statements in one transaction, which is on the disk when the promise resolves. */
  run(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}
