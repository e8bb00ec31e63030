'use strict';

const { call } = require('./api');
const { problem, UNKNOWN_SIGNATURE } = require('./signature');

const ENDPOINTS = '/v1/webhook-endpoints';

/** At most this often the secrets are read again because a signature did not match. */
const SECRET_PATIENCE_MILLISECONDS = 30_000;

/** Starts a workflow for each event: it makes an endpoint when it is activated and removes it afterwards. */
class ThumbwireTrigger {
  description = {
    displayName: 'Thumbwire Trigger',
    name: 'thumbwireTrigger',
    icon: 'file:thumbwire.svg',
    group: ['trigger'],
    version: 1,
    subtitle: '={{$parameter["events"].join(", ")}}',
    description: 'Starts the workflow when a thumbnail is ready, or failed',
    defaults: { name: 'Thumbwire Trigger' },
    inputs: [],
    outputs: ['main'],
    credentials: [{ name: 'thumbwireApi', required: true }],
    webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
    properties: [
      {
        displayName: 'Event Names or IDs',
        name: 'events',
        type: 'multiOptions',
        typeOptions: { loadOptionsMethod: 'getEventTypes' },
        required: true,
        default: ['thumbnail.completed', 'thumbnail.failed'],
        description:
          'What starts the workflow. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
      },
      {
        displayName: 'Output',
        name: 'output',
        type: 'options',
        options: [
          { name: 'Event', value: 'event', description: 'The whole event: ID, type, timestamp, data' },
          { name: 'Job', value: 'job', description: "The event's data alone: the job as it was then" },
        ],
        default: 'event',
      },
      {
        displayName: 'Only Jobs With',
        name: 'filters',
        type: 'collection',
        placeholder: 'Add filter',
        default: {},
        options: [
          {
            displayName: 'Chains',
            name: 'chains',
            type: 'string',
            default: '',
            description: 'Names of chains, separated by commas',
          },
          {
            displayName: 'Metadata',
            name: 'metadata',
            type: 'json',
            default: '{}',
            description: 'Members that the metadata of the job must have, with just these values',
          },
          {
            displayName: 'Sessions',
            name: 'sessions',
            type: 'string',
            default: '',
            description: 'IDs of sessions, separated by commas',
          },
        ],
      },
    ],
  };

  methods = {
    loadOptions: {
      async getEventTypes() {
        const { data } = await call(this, 'GET', '/v1/event-types');
        return data
          .filter(({ type }) => type !== 'webhook.test')
          .map(({ type, description }) => ({ name: type, value: type, description }));
      },
    },
  };

  webhookMethods = {
    default: {
      /** True where our endpoint is there as it is wanted; it is brought in line where only its wishes differ. */
      async checkExists() {
        const known = this.getWorkflowStaticData('node');
        if (!known.endpointId || !known.secrets?.length) return false;
        const path = `${ENDPOINTS}/${known.endpointId}`;
        const endpoint = await call(this, 'GET', path, { absent: true });
        // Another URL is that of a test, or from before a move: it is not this one's to change.
        if (endpoint === null || endpoint.url !== this.getNodeWebhookUrl('default')) return false;
        await call(this, 'PATCH', path, { body: { events: this.getNodeParameter('events'), filters: filters(this) } });
        if (endpoint.status !== 'enabled') await call(this, 'POST', `${path}/resume`);
        return true;
      },

      async create() {
        const { id, secret } = await call(this, 'POST', ENDPOINTS, {
          body: {
            url: this.getNodeWebhookUrl('default'),
            events: this.getNodeParameter('events'),
            filters: filters(this),
            description: `n8n: ${this.getWorkflow().name ?? 'a workflow'}`.slice(0, 300),
          },
        });
        Object.assign(this.getWorkflowStaticData('node'), { endpointId: id, secrets: [secret] });
        return true;
      },

      async delete() {
        const known = this.getWorkflowStaticData('node');
        if (known.endpointId) await call(this, 'DELETE', `${ENDPOINTS}/${known.endpointId}`, { absent: true });
        delete known.endpointId;
        delete known.secrets;
        delete known.secretsReadAt;
        return true;
      },
    },
  };

  async webhook() {
    const body = await rawBody(this.getRequestObject());
    const reason = await refusal(this, body);
    if (reason !== null) {
      this.getResponseObject().status(401).json({ message: reason });
      return { noWebhookResponse: true };
    }

    const event = JSON.parse(body.toString());
    // Somebody tries whether we can be reached: yes, and that is all.
    if (event.type === 'webhook.test') return {};
    const output = this.getNodeParameter('output', 'event') === 'job' ? event.data : event;
    return { workflowData: [this.helpers.returnJsonArray([output])] };
  }
}

/** The bytes as they came; the signature is over these, not over JSON that was written anew. */
async function rawBody(request) {
  if (request.rawBody === undefined) await request.readRawBody?.();
  return request.rawBody ?? Buffer.alloc(0);
}

/** Why the request is not believed, or `null`. A secret that was rotated meanwhile is fetched. */
async function refusal(node, body) {
  const known = node.getWorkflowStaticData('node');
  const reason = problem(node.getHeaderData(), body, known.secrets ?? []);
  const age = Date.now() - (known.secretsReadAt ?? 0);
  if (reason !== UNKNOWN_SIGNATURE || !known.endpointId || age < SECRET_PATIENCE_MILLISECONDS) return reason;

  known.secretsReadAt = Date.now();
  const answer = await call(node, 'GET', `${ENDPOINTS}/${known.endpointId}/secret`, { absent: true });
  if (answer === null) return reason;
  known.secrets = [answer.secret];
  return problem(node.getHeaderData(), body, known.secrets);
}

/** The filters as the API takes them. */
function filters(node) {
  const { chains = '', sessions = '', metadata = {} } = node.getNodeParameter('filters', {});
  return {
    chains: list(chains),
    sessions: list(sessions),
    metadata: typeof metadata === 'string' ? JSON.parse(metadata || '{}') : metadata,
  };
}

function list(text) {
  return text.split(',').map((word) => word.trim()).filter(Boolean);
}

exports.ThumbwireTrigger = ThumbwireTrigger;
