export interface Change {
  readonly bytes: number | bigint;
  readonly objects: number | bigint;
}
