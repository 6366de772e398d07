/** JSON Schema draft-07 as plain data: validated with, published, and shown in editors. */
export type JsonSchema = Readonly<Record<string, unknown>>;
