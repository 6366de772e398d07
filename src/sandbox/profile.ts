/** Which Waldur is imitated: 8.1, 8.0 (legacy queues only) or the release of October 2024. */
export type Profile = '8.1' | '8.0' | '2024';
