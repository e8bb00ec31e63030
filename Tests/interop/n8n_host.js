// Runs nodes the way n8n does: contexts for hooks, webhooks and executions, and a server for their webhooks.
'use strict';

const http = require('node:http');
const path = require('node:path');

/** Replaces the {{ }} of a parameter that begins with "=", as n8n does. */
function evaluate(value, scope) {
  if (typeof value !== 'string' || !value.startsWith('=')) return value;
  const run = (code) => new Function(...Object.keys(scope), `return (${code});`)(...Object.values(scope));
  const whole = /^=\s*\{\{([\s\S]*)\}\}\s*$/.exec(value);
  if (whole && !whole[1].includes('{{')) return run(whole[1]);
  return value.slice(1).replace(/\{\{([\s\S]*?)\}\}/g, (_, code) => String(run(code)));
}

/** The class of a file, found by the file's name. */
function load(folder, file) {
  const name = path.parse(file).name.split('.')[0];
  return new (require(path.join(folder, file))[name])();
}

async function request(options) {
  const url = new URL((options.baseURL ?? '') + options.url);
  for (const [name, value] of Object.entries(options.qs ?? {})) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
  }
  const headers = { ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  const answer = await fetch(url, {
    method: options.method ?? 'GET', headers,
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok && !options.ignoreHttpStatusErrors) {
    throw Object.assign(new Error(`Request failed with status code ${answer.status}`), { httpCode: `${answer.status}` });
  }
  const isJSON = bytes.length > 0 && /json/.test(answer.headers.get('content-type') ?? '');
  const body = options.encoding === 'arraybuffer' ? bytes : isJSON ? JSON.parse(bytes) : bytes.toString();
  return options.returnFullResponse
    ? { body, statusCode: answer.status, headers: Object.fromEntries(answer.headers) } : body;
}

/** Sends with what the credential's `authenticate` adds. */
function authenticated(credential, values, options) {
  const added = Object.entries(credential.authenticate.properties.headers)
    .map(([name, value]) => [name, evaluate(value, { $credentials: values })]);
  return request({ ...options, headers: { ...options.headers, ...Object.fromEntries(added) } });
}

/** A node in a workflow, with its parameters, credentials and what n8n keeps for it. */
class NodeInWorkflow {
  constructor(type, { credential, values, parameters = {} }) {
    Object.assign(this, { type, credential, values, parameters, staticData: {} });
  }

  context(more) {
    const { type, credential, values, staticData } = this;
    return {
      getNode: () => ({ name: type.description.displayName, type: type.description.name }),
      getWorkflow: () => ({ id: 'w1', name: 'Thumbnails for Tuesday', active: true }),
      getWorkflowStaticData: () => staticData,
      getCredentials: async (name) => {
        if (name !== credential.name) throw new Error(`no credentials ${name}`);
        return values;
      },
      helpers: {
        httpRequest: request,
        httpRequestWithAuthentication(name, options) {
          if (name !== credential.name) throw new Error(`no credentials ${name}`);
          if (typeof this?.getNode !== 'function') throw new Error('called without a context');
          return authenticated(credential, values, options);
        },
        returnJsonArray: (items) => [items].flat().map((json) => ({ json })),
        prepareBinaryData: async (bytes, fileName, mimeType) => ({ bytes, fileName, mimeType }),
      },
      ...more,
    };
  }

  /** A parameter as it was set, or its default; one that the description lacks is a mistake. */
  parameter(name) {
    const property = this.type.description.properties.find((one) => one.name === name);
    if (property === undefined) throw new Error(`Could not get parameter "${name}"`);
    return name in this.parameters ? this.parameters[name] : property.default;
  }

  hooks(url) {
    return this.context({
      getNodeParameter: (name) => this.parameter(name),
      getNodeWebhookUrl: (name) => {
        if (!this.type.description.webhooks.some((one) => one.name === name)) throw new Error(`no webhook ${name}`);
        return url;
      },
    });
  }

  call(hook, url) {
    return this.type.webhookMethods.default[hook].call(this.hooks(url));
  }

  execute(items = [{ json: {} }], { continueOnFail = false } = {}) {
    return this.type.execute.call(this.context({
      getInputData: () => items,
      continueOnFail: () => continueOnFail,
      getNodeParameter: (name) => this.parameter(name),
    }));
  }
}

/** n8n's server of production webhooks, for one trigger; it notes what it started and what it answered. */
class WebhookServer {
  constructor() {
    this.executions = [];
    this.answers = [];
    this.waiting = [];
    this.server = http.createServer((request, response) => this.take(request, response));
  }

  async start() {
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}/webhook/7c1e/webhook`;
    return this;
  }

  stop() {
    this.server.closeAllConnections?.();
    return new Promise((done) => this.server.close(done));
  }

  async take(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    // n8n reads the body lazily: a node that needs its bytes has to ask for them.
    request.readRawBody = async () => { request.rawBody = Buffer.concat(chunks); };
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
      this.answers.push(status);
      this.waiting.splice(0).forEach((look) => look());
    };
    const result = await this.node.type.webhook.call(this.node.context({
      getNodeParameter: (name) => this.node.parameter(name),
      getRequestObject: () => request,
      getHeaderData: () => request.headers,
      getBodyData: () => JSON.parse(Buffer.concat(chunks)),
      getResponseObject: () => ({ status: (code) => ({ json: (body) => answer(code, body) }) }),
    }));
    if (result.noWebhookResponse) return;
    if (result.workflowData) this.executions.push(result.workflowData);
    answer(200, { message: result.workflowData ? 'Workflow was started' : 'Webhook call received' });
  }

  /** Waits until that many requests were answered. */
  async answered(count) {
    while (this.answers.length < count) await new Promise((look) => this.waiting.push(look));
  }
}

module.exports = { NodeInWorkflow, WebhookServer, authenticated, evaluate, load, request };
