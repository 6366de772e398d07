/** Who can log in at the sandbox, with the claims of each. */
export const PEOPLE: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  alice: { name: 'Alice, a user', preferred_username: 'alice', groups: ['users'] },
  charlie: { name: 'Charlie, an operator', preferred_username: 'charlie', groups: ['users', 'storage-operators'] },
};

export const OPERATORS = 'storage-operators';
