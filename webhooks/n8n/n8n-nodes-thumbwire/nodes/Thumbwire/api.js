'use strict';

const { NodeApiError } = require('n8n-workflow');

/**
 * Asks the service and returns its answer's body; `null` where `absent` is true and there is no such thing.
 *
 * What the service refuses becomes a NodeApiError that says what is wrong in the service's own words.
 */
async function call(node, method, path, { query, body, headers, absent = false } = {}) {
  const credentials = await node.getCredentials('thumbwireApi');
  const options = {
    method,
    url: `${credentials.server.replace(/\/+$/, '')}${path}`,
    json: true,
    returnFullResponse: true,
    ignoreHttpStatusErrors: true,
  };
  if (query) options.qs = query;
  if (body) options.body = body;
  if (headers) options.headers = headers;
  const answer = await node.helpers.httpRequestWithAuthentication.call(node, 'thumbwireApi', options);
  if (answer.statusCode === 404 && absent) return null;
  if (answer.statusCode >= 400) throw refusal(node, answer);
  return answer.body;
}

function refusal(node, { statusCode, body }) {
  // RFC 9457; a proxy on the way may answer with something else.
  const problem = body !== null && typeof body === 'object' ? body : {};
  const errors = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
  return new NodeApiError(node.getNode(), problem, {
    message: problem.detail ?? problem.title ?? `Thumbwire answered ${statusCode}`,
    description: [problem.code, ...errors].filter(Boolean).join('; '),
    httpCode: String(statusCode),
  });
}

module.exports = { call };
