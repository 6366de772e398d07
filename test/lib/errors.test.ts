import { describe, expect, it } from 'vitest';
import { AgentError, isAgentError, toAgentError } from '../../src/lib/errors.ts';

describe('AgentError', () => {
  it('carries how to react, and the cause', () => {
    const cause = new Error('ECONNREFUSED');
    const error = new AgentError('reading order 1', {
      code: 'WALDUR_UNREACHABLE',
      disposition: 'transient',
      hint: 'check the network',
      retryAfterMs: 5000,
      status: 503,
      cause,
    });
    expect(error).toMatchObject({
      name: 'AgentError',
      message: 'reading order 1',
      code: 'WALDUR_UNREACHABLE',
      disposition: 'transient',
      hint: 'check the network',
      retryAfterMs: 5000,
      status: 503,
      cause,
    });
  });

  it('has no cause where none was given', () => {
    expect('cause' in new AgentError('x', { code: 'X', disposition: 'bug' })).toBe(false);
  });
});

describe('isAgentError', () => {
  it('knows the class of another copy of this package', () => {
    const foreign = Object.assign(new Error('x'), { name: 'AgentError', code: 'X', disposition: 'terminal' });
    expect(isAgentError(foreign)).toBe(true);
  });

  it.each([
    new Error('x'),
    Object.assign(new Error('x'), { name: 'AgentError' }),
    Object.assign(new Error('x'), { code: 'ENOENT', disposition: 'x' }),
    { name: 'AgentError', code: 'X', disposition: 'terminal' },
    undefined,
    null,
    'AgentError',
  ])('%s is none', (value) => {
    expect(isAgentError(value)).toBe(false);
  });
});

describe('toAgentError', () => {
  it('leaves an AgentError as it is', () => {
    const error = new AgentError('x', { code: 'X', disposition: 'terminal' });
    expect(toAgentError(error)).toBe(error);
  });

  it.each([
    [new TypeError('x is undefined'), 'x is undefined'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [7, '7'],
  ])('takes %s for a bug', (thrown, message) => {
    const error = toAgentError(thrown);
    expect(error).toMatchObject({ code: 'BUG', disposition: 'bug', message });
    expect(error.cause).toBe(thrown);
  });
});
