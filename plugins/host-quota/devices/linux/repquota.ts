import { type Parsed, parseLines, readCount, readId, Unread } from '../../tools/parsed.ts';
import type { QuotaRow } from '../types.ts';

const HEADER =
  /^(User|Group|Project),BlockStatus,FileStatus,BlockUsed,BlockSoftLimit,BlockHardLimit,BlockGrace,FileUsed,FileSoftLimit,FileHardLimit,FileGrace$/;
const STATUS = /^(ok|soft|hard)$/;

/**
 * The report of one mount and one type, as `repquota -v -n -p -O csv` prints it: blocks in KiB, ids as `#1000`, grace as
 * epoch seconds. A second header is a second report, which has no column that would tell whose it is: a problem.
 */
export function parseRepquota(text: string): Parsed<QuotaRow> {
  let headers = 0;
  const parsed = parseLines<QuotaRow>(text, (line) => {
    if (line === '') return undefined;
    if (!line.startsWith('#') && HEADER.test(line)) return ++headers > 1 ? 'another report begins' : undefined;
    return headers === 0 ? 'it comes before the header' : (readGoodRow(line) ?? readRow(line));
  });
  if (headers > 0 || parsed.problems.length > 0) return parsed;
  return { rows: [], problems: [{ line: 1, why: 'there is no header' }] };
}

const COUNT = '(\\d{0,18})';
const GOOD = new RegExp(`^#(\\d{1,9}),(?:ok|soft|hard),(?:ok|soft|hard),${Array(8).fill(COUNT).join(',')}$`);

/** A line as it should be, at once: reports have thousands. Undefined leaves it to whoever says what is wrong. */
function readGoodRow(line: string): QuotaRow | undefined {
  const match = GOOD.exec(line);
  if (match === null) return undefined;
  const [
    ,
    id,
    used = '',
    blockSoft = '',
    blockHard = '',
    blockGrace,
    usedInodes = '',
    inodeSoft = '',
    inodeHard = '',
    inodeGrace,
  ] = match;
  return {
    id: Number(id),
    usedBytes: count(used) * 1024n,
    usedInodes: count(usedInodes),
    blockSoft: count(blockSoft),
    blockHard: count(blockHard),
    inodeSoft: count(inodeSoft),
    inodeHard: count(inodeHard),
    blockGrace: Number(blockGrace),
    inodeGrace: Number(inodeGrace),
  };
}

/** Most are 0. */
function count(digits: string): bigint {
  return digits === '0' || digits === '' ? 0n : BigInt(digits);
}

function readRow(line: string): QuotaRow | Unread | string {
  const fields = line.split(',');
  const [name = ''] = fields;
  const id = name.startsWith('#') ? readId(name.slice(1)) : undefined;
  // A line that is cut may have half an id.
  if (fields.length < 2) return `there are ${fields.length} fields in place of 11`;
  if (id === undefined) return `${JSON.stringify(name.slice(0, 40))} is not an id`;
  const row = fields.length === 11 ? readFields(id, fields) : `there are ${fields.length} fields in place of 11`;
  return typeof row === 'string' ? new Unread(id, row) : row;
}

function readFields(
  id: number,
  [, blockStatus = '', fileStatus = '', ...numbers]: readonly string[],
): QuotaRow | string {
  if (!STATUS.test(blockStatus) || !STATUS.test(fileStatus)) return 'the status is none of ok, soft, hard';
  const values = numbers.map((field) => readCount(field === '' ? '0' : field));
  const [used, blockSoft, blockHard, blockGrace, usedInodes, inodeSoft, inodeHard, inodeGrace] = values;
  if (used === undefined || blockSoft === undefined || blockHard === undefined) return 'the blocks are not numbers';
  if (usedInodes === undefined || inodeSoft === undefined || inodeHard === undefined)
    return 'the inodes are not numbers';
  if (blockGrace === undefined || inodeGrace === undefined) return 'a grace time is not a number of seconds';
  return {
    id,
    usedBytes: used * 1024n,
    usedInodes,
    blockSoft,
    blockHard,
    inodeSoft,
    inodeHard,
    blockGrace: Number(blockGrace),
    inodeGrace: Number(inodeGrace),
  };
}
