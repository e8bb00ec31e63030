'use strict';

const { NodeOperationError } = require('n8n-workflow');

const { call } = require('./api');
const { properties } = require('./properties');

/** How many jobs one answer of the list may hold. */
const PAGE = 100;

/** Makes thumbnails, and looks after their jobs. */
class Thumbwire {
  description = {
    displayName: 'Thumbwire',
    name: 'thumbwire',
    icon: 'file:thumbwire.svg',
    group: ['transform'],
    version: 1,
    subtitle: '={{$parameter["operation"]}}',
    description: 'Make video thumbnails',
    defaults: { name: 'Thumbwire' },
    usableAsTool: true,
    inputs: ['main'],
    outputs: ['main'],
    credentials: [{ name: 'thumbwireApi', required: true }],
    properties,
  };

  async execute() {
    const results = [];
    for (let index = 0; index < this.getInputData().length; index += 1) {
      try {
        const made = await operations[this.getNodeParameter('operation', index)](this, index);
        for (const item of made) results.push({ ...item, pairedItem: { item: index } });
      } catch (error) {
        if (!this.continueOnFail()) throw error;
        results.push({ json: { error: error.message }, pairedItem: { item: index } });
      }
    }
    return [results];
  }
}

const operations = {
  async create(node, index) {
    const { idempotencyKey, ...fields } = node.getNodeParameter('additionalFields', index, {});
    const job = await call(node, 'POST', '/v1/jobs', {
      query: wait(node, index),
      body: jobRequest(node.getNodeParameter('title', index, ''), fields),
      headers: idempotencyKey ? { 'Idempotency-Key': idempotencyKey } : undefined,
    });
    return [{ json: job }];
  },

  async get(node, index) {
    return [{ json: await call(node, 'GET', pathOfJob(node, index), { query: wait(node, index) }) }];
  },

  async cancel(node, index) {
    return [{ json: await call(node, 'POST', `${pathOfJob(node, index)}/cancel`) }];
  },

  async getAll(node, index) {
    const { status = [], sessionId } = node.getNodeParameter('filters', index, {});
    const limit = node.getNodeParameter('returnAll', index, false)
      ? Infinity : node.getNodeParameter('limit', index, 50);
    const query = {};
    if (status.length > 0) query.status = status.join(',');
    if (sessionId) query.sessionId = sessionId;
    const jobs = [];
    do {
      query.limit = Math.min(PAGE, limit - jobs.length);
      const page = await call(node, 'GET', '/v1/jobs', { query });
      jobs.push(...page.data);
      query.cursor = page.next;
    } while (query.cursor && jobs.length < limit);
    return jobs.map((json) => ({ json }));
  },

  async download(node, index) {
    const job = await call(node, 'GET', pathOfJob(node, index));
    const variant = node.getNodeParameter('variant', index, 0);
    const output = job.outputs.find((one) => one.variant === variant);
    if (output === undefined) {
      throw new NodeOperationError(
        node.getNode(), `Job ${job.id} is ${job.status} and has no picture of variant ${variant}`, { itemIndex: index });
    }
    // The link is a secret of its own: no key goes with it.
    const picture = await node.helpers.httpRequest({ method: 'GET', url: output.url, encoding: 'arraybuffer' });
    const binary = await node.helpers.prepareBinaryData(
      Buffer.from(picture), new URL(output.url).pathname.split('/').pop(), `image/${output.format}`);
    return [{ json: job, binary: { [node.getNodeParameter('binaryPropertyName', index, 'data')]: binary } }];
  },
};

function pathOfJob(node, index) {
  return `/v1/jobs/${encodeURIComponent(node.getNodeParameter('jobId', index))}`;
}

function wait(node, index) {
  const seconds = node.getNodeParameter('wait', index, 0);
  return seconds > 0 ? { wait: seconds } : undefined;
}

/** The body of a new job: what is filled in, and nothing else. */
function jobRequest(title, { accentColor, accentWords, metadata, ...fields }) {
  const body = { title, ...fields };
  if (accentColor || accentWords) {
    body.accent = {};
    if (accentColor) body.accent.color = accentColor;
    if (accentWords) body.accent.words = accentWords.split(',').map((word) => word.trim()).filter(Boolean);
  }
  if (metadata) body.metadata = typeof metadata === 'string' ? JSON.parse(metadata) : metadata;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== '' && value !== undefined));
}

exports.Thumbwire = Thumbwire;
