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
    if (HEADER.test(line)) return ++headers > 1 ? 'another report begins' : undefined;
    return headers === 0 ? 'it comes before the header' : readRow(line);
  });
  if (headers > 0 || parsed.problems.length > 0) return parsed;
  return { rows: [], problems: [{ line: 1, why: 'there is no header' }] };
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
