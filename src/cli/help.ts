import { type CommandSpec, GLOBAL_OPTIONS, type OptionSpec, PROGRAM, PROGRAM_SUMMARY } from './command-spec.ts';
import { type CommandTable, commandsOf, firstWords, OWN_TABLE, optionsOf } from './command-table.ts';
import { EXIT_CODES } from './exit-codes.ts';
import type { Style } from './style.ts';
import { renderTable, wrap } from './table.ts';

/** Help for the program, a group or a command; `topic` is one of their names. */
export function renderHelp(
  topic: string | undefined,
  style: Style,
  columns: number,
  table: CommandTable = OWN_TABLE,
): string {
  const page = { table, style, columns: Math.min(Math.max(columns, 40), 100) };
  const spec = table.commands.find(({ name }) => name === topic);
  if (spec !== undefined) return commandHelp(spec, page);
  const summary = topic === undefined ? undefined : table.groups[topic];
  if (topic !== undefined && summary !== undefined) return groupHelp(topic, summary, page);
  return programHelp(page);
}

/** `agent report [--dry-run] [--period YYYY-MM]`, without the options all commands have. */
export function usageLine(spec: CommandSpec): string {
  const options = spec.options.map((option) => {
    const text = `--${option.name}${option.placeholder === undefined ? '' : ` ${option.placeholder}`}`;
    return option.required === true ? text : `[${text}]`;
  });
  const positionals = spec.positionals.map((positional) => {
    const text = positional.choices?.join('|') ?? `${positional.name}${positional.rest === true ? '...' : ''}`;
    return positional.optional === true ? `[${text}]` : text;
  });
  return [PROGRAM, spec.name, ...options, ...positionals].join(' ');
}

/** `-c, --config FILE` */
export function optionLabel(option: OptionSpec): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  return `${short}--${option.name}${option.placeholder === undefined ? '' : ` ${option.placeholder}`}`;
}

interface Page {
  readonly table: CommandTable;
  readonly style: Style;
  readonly columns: number;
}

function programHelp(page: Page): string {
  return [
    `${PROGRAM_SUMMARY}.\n`,
    section(page, 'Usage', `  ${PROGRAM} [options] COMMAND\n`),
    section(
      page,
      'Commands',
      definitions(
        page,
        firstWords(page.table).map(({ name, summary }) => [name, summary]),
      ),
    ),
    section(page, 'Options', options(page, GLOBAL_OPTIONS)),
    section(
      page,
      'Exit codes',
      definitions(
        page,
        EXIT_CODES.map(({ code, meaning }) => [code, meaning]),
      ),
    ),
    `${PROGRAM} COMMAND --help tells more. To complete with Tab: source <(${PROGRAM} completion bash)\n`,
  ].join('\n');
}

function groupHelp(group: string, summary: string, page: Page): string {
  const members = commandsOf(page.table, group).map((spec): [string, string] => [
    spec.name.slice(group.length + 1),
    spec.summary,
  ]);
  return [
    `${summary}.\n`,
    section(page, 'Usage', `  ${PROGRAM} ${group} COMMAND\n`),
    section(page, 'Commands', definitions(page, members)),
  ].join('\n');
}

function commandHelp(spec: CommandSpec, page: Page): string {
  const names = new Set(spec.options.map(({ name }) => name));
  const own = optionsOf(spec).filter(({ name }) => names.has(name));
  const common = optionsOf(spec).filter(({ name }) => !names.has(name));
  return [
    `${wrap(spec.description, page.columns).join('\n')}\n`,
    section(
      page,
      'Usage',
      `${wrap(usageLine(spec), page.columns - 6)
        .map((line, index) => `${index === 0 ? '  ' : '      '}${line}`)
        .join('\n')}\n`,
    ),
    ...(own.length === 0 ? [] : [section(page, 'Options', options(page, own))]),
    section(page, 'Options of all commands', options(page, common)),
    ...(spec.examples.length === 0
      ? []
      : [section(page, 'Examples', spec.examples.map((example) => `  ${example}\n`).join(''))]),
  ].join('\n');
}

function section(page: Page, title: string, body: string): string {
  return `${page.style.bold(title)}\n${body}`;
}

function options(page: Page, specs: readonly OptionSpec[]): string {
  return definitions(
    page,
    specs.map((spec) => [
      optionLabel(spec),
      spec.choices === undefined ? spec.help : `${spec.help} (${spec.choices.join(', ')})`,
    ]),
  );
}

function definitions(page: Page, entries: readonly (readonly [string, string])[]): string {
  const label = Math.max(...entries.map(([name]) => name.length));
  const rows = entries.flatMap(([name, text]) =>
    wrap(text, Math.max(20, page.columns - label - 4)).map((line, index) => ['', index === 0 ? name : '', line]),
  );
  return renderTable(rows);
}
