import { expect, test } from 'vitest';
import { fromClose, fromErrorFrame, fromSocketError, fromUpgrade } from '../../src/events/failure.ts';

test.each([
  [200, 'STOMP_WRONG_PATH', 'operator'],
  [301, 'STOMP_WRONG_PATH', 'operator'],
  [400, 'STOMP_WRONG_PATH', 'operator'],
  [401, 'STOMP_PROXY', 'operator'],
  [403, 'STOMP_PROXY', 'operator'],
  [404, 'STOMP_WRONG_PATH', 'operator'],
  [407, 'STOMP_PROXY', 'operator'],
  [408, 'STOMP_UNREACHABLE', 'transient'],
  [429, 'STOMP_UNREACHABLE', 'transient'],
  [500, 'STOMP_UNREACHABLE', 'transient'],
  [502, 'STOMP_UNREACHABLE', 'transient'],
  [503, 'STOMP_UNREACHABLE', 'transient'],
])('HTTP %i instead of an upgrade', (status, code, disposition) => {
  const error = fromUpgrade(status, 'waldur.example:443');
  expect(error).toMatchObject({ code, disposition, status });
  expect(error.message).toBe(`connecting to the event bus at waldur.example:443: HTTP ${status}`);
});

test.each([
  ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', 'STOMP_UNREACHABLE'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND waldur.example', 'STOMP_UNREACHABLE'],
  ['ECONNRESET', 'socket hang up', 'STOMP_UNREACHABLE'],
  [undefined, 'Proxy connection ended before receiving CONNECT response', 'STOMP_UNREACHABLE'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'STOMP_TLS'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'STOMP_TLS'],
  ['CERT_HAS_EXPIRED', 'certificate has expired', 'STOMP_TLS'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'STOMP_TLS'],
  ['EPROTO', 'wrong version number', 'STOMP_TLS'],
  ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'Max payload size exceeded', 'STOMP_PROTOCOL'],
  ['WS_ERR_INVALID_UTF8', 'Invalid WebSocket frame: invalid UTF-8 sequence', 'STOMP_PROTOCOL'],
  [undefined, 'Invalid Sec-WebSocket-Accept header', 'STOMP_PROTOCOL'],
  [undefined, 'Server sent no subprotocol', 'STOMP_PROTOCOL'],
])('socket error %s: %s', (errno, message, code) => {
  const cause = Object.assign(new Error(message), { code: errno });
  expect(fromSocketError(cause, 'h:1')).toMatchObject({
    code,
    cause,
    message: `talking to the event bus at h:1: ${message}`,
  });
});

test.each([
  ['Bad CONNECT', "Access refused for user 'x'\n", 'STOMP_REFUSED', 'operator'],
  ['Bad CONNECT', "Virtual host 'x' access denied", 'STOMP_REFUSED', 'operator'],
  ['not_found', "no queue 'x'", 'STOMP_QUEUE_MISSING', 'transient'],
  ['Server cancelled subscription', 'The server has canceled a subscription.\n', 'STOMP_QUEUE_MISSING', 'transient'],
  ['Unknown destination', '', 'STOMP_PROTOCOL', 'transient'],
  [undefined, '', 'STOMP_PROTOCOL', 'transient'],
])('ERROR %s: %s', (message, body, code, disposition) => {
  expect(fromErrorFrame({ message }, body)).toMatchObject({ code, disposition });
});

test('a long ERROR is cut', () => {
  expect(fromErrorFrame({ message: 'x' }, 'y'.repeat(10_000)).message.length).toBeLessThan(400);
});

test.each([
  [1000, 'STOMP died', undefined, 'STOMP_DIED'],
  [1000, 'STOMP died', 0, 'STOMP_QUEUE_MISSING'],
  [1000, 'STOMP died', 5000, 'STOMP_QUEUE_MISSING'],
  [1000, 'STOMP died', 5001, 'STOMP_DIED'],
  [1000, '', 5001, 'STOMP_CLOSED'],
  [1001, 'going away', 10, 'STOMP_CLOSED'],
  [1006, '', 10, 'STOMP_CLOSED'],
])('close %i %j, %s ms after SUBSCRIBE', (code, reason, sinceMs, expected) => {
  expect(fromClose(code, reason, sinceMs)).toMatchObject({ code: expected, disposition: 'transient' });
});
