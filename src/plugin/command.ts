import type { JsonObject } from '../lib/json.ts';
import type { PluginContext } from './context.ts';
import type { JsonSchema } from './json-schema.ts';

/** An option of a command. Secrets are never options: they would show in the process list. */
export interface CommandOption {
  readonly name: string;
  readonly short?: string;
  /** Shown for the value; an option without one is a switch. */
  readonly placeholder?: string;
  readonly help: string;
  readonly required?: boolean;
  /** What the value can be, for the parser and for completion. */
  readonly choices?: readonly string[];
  readonly complete?: 'file' | 'offering' | 'plugin';
}

export interface CommandPositional {
  readonly name: string;
  readonly help: string;
  readonly choices?: readonly string[];
  readonly optional?: boolean;
  /** Takes all remaining words. */
  readonly rest?: boolean;
}

/** How a command is called: parsing, help, completion and the manual page are made from it. */
export interface CommandSyntax {
  /** Words after `agent`: `minio cleanup`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly options: readonly CommandOption[];
  readonly positionals: readonly CommandPositional[];
  readonly examples: readonly string[];
  /** Whether `--json` means something to it. */
  readonly json: boolean;
}

/** A command that a plugin adds to the agent's own. Its first word is the plugin's id or a word of its own. */
export interface PluginCommand<Settings = never> extends CommandSyntax {
  /** Returns the exit code: 0 done, 1 failed, 2 differences found, 64 wrong usage. Errors are printed by the caller. */
  run(call: CommandCall<Settings>): Promise<number>;
}

/** Everything a command may touch. */
export interface CommandCall<Settings> {
  /** Values of options that take one. */
  readonly values: ReadonlyMap<string, string>;
  /** Switches that were given. */
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
  readonly stdout: CommandOutput;
  readonly stderr: CommandOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Whether the person at the terminal says yes; undefined without a terminal. */
  confirm(question: string): Promise<boolean | undefined>;
  /**
   * A YAML file, relative to `cwd`, that satisfies the schema. What is wrong with it goes to stderr as file:line:col.
   *
   * @throws AgentError `DOCUMENT_INVALID` when it has errors, `DOCUMENT_UNREADABLE` when it cannot be read.
   */
  document(path: string, schema: JsonSchema): Promise<JsonObject>;
  /**
   * The offering of this plugin in the configuration: the one `--offering` names, or the only one.
   *
   * @throws AgentError operator when the configuration has none, several, or mistakes.
   */
  offering(): Promise<CommandOffering<Settings>>;
}

export interface CommandOutput {
  /** Writes `text` as it is, registered secrets replaced. */
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

export interface CommandOffering<Settings> {
  readonly name: string;
  /** What `create` of the plugin gets. */
  readonly context: PluginContext<Settings>;
  /**
   * A resource of the offering in Waldur, by UUID or by name.
   *
   * @throws AgentError when there is none, or several of the name.
   */
  resource(reference: string, signal: AbortSignal): Promise<CommandResource>;
  /** Releases what was opened. */
  close(): Promise<void>;
}

export interface CommandResource {
  readonly uuid: string;
  readonly name: string;
  readonly state: string;
  readonly backendId: string;
  readonly attributes: JsonObject;
  readonly options: JsonObject;
  readonly limits: JsonObject;
  /** With the credentials that it holds in the mode `credentials: metadata`: never to be printed unasked. */
  readonly metadata: JsonObject;
}
