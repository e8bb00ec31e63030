'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

const TOLERANCE_SECONDS = 300;

/** The reason where a request is well formed and none of the secrets signed it. */
const UNKNOWN_SIGNATURE = 'no v1 signature matches';

/**
 * Why a request is not believed, or `null` where one of the secrets signed it: Standard Webhooks, version v1.
 *
 * `headers` has lower-case names; `body` is a Buffer of the bytes exactly as received.
 */
function problem(headers, body, secrets, now = Date.now() / 1000) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) return 'a webhook-* header is missing';
  if (!/^\d{1,12}$/.test(timestamp)) return 'webhook-timestamp is not a whole number of seconds';
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
    return 'webhook-timestamp is more than five minutes off';
  }

  const isGenuine = secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    return signatures.split(' ').some((token) => isSame(token, `v1,${expected}`));
  });
  return isGenuine ? null : UNKNOWN_SIGNATURE;
}

function isSame(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

module.exports = { problem, UNKNOWN_SIGNATURE };
