import { describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../src/config/diagnostic.ts';
import { renderDiagnostics } from '../../src/config/render-diagnostics.ts';

describe('rendering', () => {
  const diagnostic: Diagnostic = {
    severity: 'error',
    file: 'a.yaml',
    line: 12,
    col: 3,
    path: '/a',
    message: 'm',
    excerpt: { text: 'ab: c', caret: 4 },
  };

  test('long lines are cut around the caret, and terminals are left alone', () => {
    const long = { ...diagnostic, excerpt: { text: `${'x'.repeat(500)}y${'z'.repeat(500)}`, caret: 500 } };
    const [, source = '', caret = ''] = renderDiagnostics([long]).split('\n');
    expect(source.length).toBeLessThan(140);
    expect(source[caret.indexOf('^')]).toBe('y');
    expect(renderDiagnostics([{ ...diagnostic, message: 'a\u001b[31mb' }])).toContain('a\u00B7[31mb');
  });

  test('nothing is rendered as nothing', () => {
    expect(renderDiagnostics([])).toBe('');
  });
});
