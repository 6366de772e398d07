import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './minio/emulator.ts';

/**
 * The emulator against a client that none of us wrote: `MinioAdmin` of the Python package, with signing and encryption of
 * its own. What it decrypts was encrypted right, and what the emulator decrypts, too.
 */
const run = promisify(execFile);
const VERSION = '7.2.20';

let folder: string;
let python: string;
let emulator: Emulator;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minio-python.'));
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  python = join(folder, 'venv/bin/python');
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `minio==${VERSION}`]);
  emulator = await startEmulator();
}, 180_000);
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

const PROGRAM = `
import json, sys
from minio import Minio
from minio.minioadmin import MinioAdmin
from minio.credentials import StaticProvider
from minio.error import MinioAdminException
host, access, secret, policy = sys.argv[1:5]
admin = MinioAdmin(endpoint=host, credentials=StaticProvider(access, secret), secure=False)
s3 = Minio(host, access, secret, secure=False)
out = {}
def keep(name, work):
    try:
        value = work()
        out[name] = json.loads(value) if isinstance(value, (str, bytes)) and value else value or True
    except MinioAdminException as error:
        out[name] = json.loads(error._body)["Code"]
keep("user_add", lambda: admin.user_add("py_user", "py-secret-0001"))
keep("user_info", lambda: admin.user_info("py_user"))
keep("user_absent", lambda: admin.user_info("nobody"))
keep("user_list", lambda: admin.user_list())
keep("user_disable", lambda: admin.user_disable("py_user"))
keep("user_enable", lambda: admin.user_enable("py_user"))
keep("policy_add", lambda: admin.policy_add("py-pol", policy_file=policy))
keep("policy_info", lambda: admin.policy_info("py-pol"))
keep("policy_list", lambda: admin.policy_list())
keep("attach", lambda: admin.attach_policy(["py-pol"], user="py_user"))
keep("attach_again", lambda: admin.attach_policy(["py-pol"], user="py_user"))
keep("entities", lambda: admin.get_policy_entities(users=["py_user"], groups=[], policies=[]))
keep("policy_set", lambda: admin.policy_set("py-pol", user="py_user"))
s3.make_bucket("py-bucket")
keep("quota_set", lambda: admin.bucket_quota_set("py-bucket", 1000000))
keep("quota_get", lambda: admin.bucket_quota_get("py-bucket"))
keep("quota_clear", lambda: admin.bucket_quota_clear("py-bucket"))
keep("key_add", lambda: admin.add_service_account(access_key="PYKEY00000000000001", secret_key="py-key-secret-1", name="pykey", description="hello"))
keep("key_list", lambda: admin.list_service_account("py_user"))
keep("key_get", lambda: admin.get_service_account("PYKEY00000000000001"))
keep("key_update", lambda: admin.update_service_account(access_key="PYKEY00000000000001", description="changed"))
keep("key_after", lambda: admin.get_service_account("PYKEY00000000000001"))
keep("key_delete", lambda: admin.delete_service_account("PYKEY00000000000001"))
keep("account_info", lambda: admin.account_info())
keep("usage", lambda: admin.get_data_usage_info())
keep("info", lambda: admin.info())
keep("detach", lambda: admin.detach_policy(["py-pol"], user="py_user"))
keep("detach_again", lambda: admin.detach_policy(["py-pol"], user="py_user"))
keep("user_remove", lambda: admin.user_remove("py_user"))
keep("policy_remove", lambda: admin.policy_remove("py-pol"))
s3.remove_bucket("py-bucket")
print(json.dumps(out))
`;

it('MinioAdmin of PyPI makes all its calls', async () => {
  const policy = join(folder, 'policy.json');
  const statement = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::py-bucket/*'] };
  await writeFile(policy, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }));
  const { accessKey, secretKey } = emulator.root;
  const argv = ['-c', PROGRAM, new URL(emulator.endpoint).host, accessKey, secretKey, policy];
  const { stdout } = await run(python, argv, { timeout: 120_000 });
  const said = JSON.parse(stdout) as Record<string, unknown>;
  expect(said).toMatchObject({
    user_info: { status: 'enabled' },
    user_absent: 'XMinioAdminNoSuchUser',
    user_list: { py_user: { status: 'enabled' } },
    policy_info: { Statement: [statement] },
    attach: { policiesAttached: ['py-pol'] },
    attach_again: 'XMinioAdminPolicyChangeAlreadyApplied',
    entities: { userMappings: [{ user: 'py_user', policies: ['py-pol'] }] },
    quota_get: { quota: 1_000_000, quotatype: 'hard' },
    key_add: { credentials: { accessKey: 'PYKEY00000000000001' } },
    key_get: { accountStatus: 'on', description: 'hello' },
    key_after: { description: 'changed' },
    account_info: { AccountName: accessKey },
    usage: { lastUpdate: '0001-01-01T00:00:00Z' },
    detach: { policiesDetached: ['py-pol'] },
    detach_again: 'XMinioAdminPolicyChangeAlreadyApplied',
  });
  expect(emulator.state.users.size).toBe(0);
  expect(emulator.state.policies.has('py-pol')).toBe(false);
}, 150_000);
