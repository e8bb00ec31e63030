// The community package in an emulation of n8n, against a real service: THUMBWIRE_URL, THUMBWIRE_KEY, and in
// N8N_PACKAGE the folder where it is installed. EVENT_TYPES are those that the samples know.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { NodeInWorkflow, WebhookServer, authenticated, evaluate, load, request } = require('./n8n_host');

const { THUMBWIRE_URL, THUMBWIRE_KEY, N8N_PACKAGE, EVENT_TYPES } = process.env;
const manifest = JSON.parse(fs.readFileSync(path.join(N8N_PACKAGE, 'package.json')));
const values = { server: `${THUMBWIRE_URL}/`, apiKey: THUMBWIRE_KEY };
const [credentialFile] = manifest.n8n.credentials;
const [actionFile, triggerFile] = manifest.n8n.nodes;
const credential = load(N8N_PACKAGE, credentialFile);

const action = (parameters) => new NodeInWorkflow(load(N8N_PACKAGE, actionFile), { credential, values, parameters });
const trigger = (parameters) => new NodeInWorkflow(load(N8N_PACKAGE, triggerFile), { credential, values, parameters });

/** Asks the service with the key. */
function ask(method, path_, body) {
  return authenticated(credential, values, {
    method, url: THUMBWIRE_URL + path_, body, returnFullResponse: true, ignoreHttpStatusErrors: true,
  });
}

const small = { resolution: '320x180' };

/** Makes a thumbnail and waits for it, however long that takes. */
async function makeThumbnail(title, fields = {}) {
  let [[item]] = await action({ operation: 'create', title, wait: 55, additionalFields: { ...small, ...fields } }).execute();
  while (!item.json.finishedAt) [[item]] = await action({ operation: 'get', jobId: item.json.id, wait: 55 }).execute();
  return item.json;
}

for (const file of [actionFile, triggerFile]) {
  test(`${path.basename(file)} describes itself as n8n wants it`, () => {
    const { description } = load(N8N_PACKAGE, file);
    assert.equal(description.name.toLowerCase(), path.basename(file).split('.')[0].toLowerCase());
    assert.ok(fs.existsSync(path.join(N8N_PACKAGE, path.dirname(file), description.icon.replace('file:', ''))));
    assert.deepEqual(description.credentials, [{ name: credential.name, required: true }]);
    checkProperties(description.properties);
  });
}

function checkProperties(properties) {
  const shown = properties.map(({ name, displayOptions }) => `${name} ${JSON.stringify(displayOptions)}`);
  assert.equal(new Set(shown).size, shown.length);
  for (const { name, displayName, type, default: initial, options, typeOptions } of properties) {
    assert.ok(displayName && type, name);
    assert.notEqual(initial, undefined, name);
    if (type === 'options') assert.ok(options.some(({ value }) => value === initial), name);
    if (type === 'multiOptions') assert.ok(options ?? typeOptions.loadOptionsMethod, name);
    if (type === 'collection') checkProperties(options);
  }
}

test('credentials are tested with the key they hold', async () => {
  const { baseURL, url } = credential.test.request;
  const place = (values_) => ({ baseURL: evaluate(baseURL, { $credentials: values_ }), url });
  const me = await authenticated(credential, values, place(values));
  assert.ok(me.account.id);
  const wrong = { ...values, apiKey: 'wrong' };
  await assert.rejects(authenticated(credential, wrong, place(wrong)), { httpCode: '401' });
});

test('the offered choices are those of the API', async () => {
  const { components } = await request({ url: `${THUMBWIRE_URL}/openapi.json` });
  const members = components.schemas.JobRequest.properties;
  const { options } = load(N8N_PACKAGE, actionFile).description.properties.find(({ name }) => name === 'additionalFields');
  const own = new Set(['accentColor', 'accentWords', 'idempotencyKey']);
  for (const field of options.filter(({ name }) => !own.has(name))) {
    assert.ok(field.name in members, field.name);
    if (field.options) assert.deepEqual(field.options.map(({ value }) => value), members[field.name].enum);
  }
});

test('the trigger offers the event types that the service has', async () => {
  const node = trigger();
  const offered = await node.type.methods.loadOptions.getEventTypes.call(node.hooks());
  assert.deepEqual(offered.map(({ value }) => value).sort(), JSON.parse(EVENT_TYPES).sort());
  for (const type of node.type.description.properties[0].default) assert.ok(offered.some(({ value }) => value === type));
});

test('the trigger subscribes, starts workflows with genuine events alone, and unsubscribes', async (t) => {
  const server = await new WebhookServer().start();
  t.after(() => server.stop());
  const node = trigger({ events: ['thumbnail.completed'], filters: { metadata: '{"for":"the trigger"}' } });
  server.node = node;

  assert.equal(await node.call('checkExists', server.url), false);
  assert.equal(await node.call('create', server.url), true);
  const place = `/v1/webhook-endpoints/${node.staticData.endpointId}`;
  const { body: endpoint } = await ask('GET', place);
  assert.equal(endpoint.url, server.url);
  assert.deepEqual(endpoint.events, ['thumbnail.completed']);
  assert.equal(endpoint.description, 'n8n: Thumbnails for Tuesday');
  assert.equal(await node.call('checkExists', server.url), true);
  assert.equal(await node.call('checkExists', `${server.url}-test`), false);

  await t.test('a job starts it with the event', async () => {
    await makeThumbnail('Not for us');
    const job = await makeThumbnail('Ours', { metadata: { for: 'the trigger' } });
    await server.answered(1);
    const [[[{ json: event }]]] = server.executions;
    assert.equal(event.type, 'thumbnail.completed');
    assert.equal(event.data.id, job.id);
    assert.equal(event.data.outputs[0].url, job.outputs[0].url);
  });

  await t.test('the job alone, where that is asked for', async () => {
    node.parameters.output = 'job';
    const job = await makeThumbnail('Job alone', { metadata: { for: 'the trigger' } });
    await server.answered(2);
    assert.equal(server.executions[1][0][0].json.id, job.id);
  });

  await t.test('a test event is answered and starts nothing', async () => {
    assert.equal((await ask('POST', `${place}/test`)).statusCode, 202);
    await server.answered(3);
    assert.deepEqual([server.answers[2], server.executions.length], [200, 2]);
  });

  await t.test('a forged event is refused and starts nothing', async () => {
    const forged = await request({
      method: 'POST', url: server.url, body: { type: 'thumbnail.completed' }, returnFullResponse: true,
      ignoreHttpStatusErrors: true,
      headers: {
        'webhook-id': 'evt_1', 'webhook-timestamp': `${Math.floor(Date.now() / 1000)}`,
        'webhook-signature': 'v1,aaaa',
      },
    });
    assert.deepEqual([forged.statusCode, server.executions.length], [401, 2]);
    delete node.staticData.secretsReadAt;
  });

  await t.test('a rotated secret is found out', async () => {
    const rotated = await ask('POST', `${place}/rotate-secret`, { overlapSeconds: 0 });
    assert.equal(rotated.statusCode, 200);
    await makeThumbnail('Rotated', { metadata: { for: 'the trigger' } });
    await server.answered(5);
    assert.deepEqual([server.answers[4], server.executions.length], [200, 3]);
  });

  await t.test('changed wishes change the endpoint', async () => {
    node.parameters.events = ['thumbnail.failed', 'thumbnail.completed'];
    await ask('POST', `${place}/pause`);
    assert.equal(await node.call('checkExists', server.url), true);
    const { body } = await ask('GET', place);
    assert.deepEqual([body.events.sort(), body.status], [['thumbnail.completed', 'thumbnail.failed'], 'enabled']);
  });

  await t.test('an endpoint that somebody removed is made anew', async () => {
    await ask('DELETE', place);
    assert.equal(await node.call('checkExists', server.url), false);
    assert.equal(await node.call('create', server.url), true);
  });

  await t.test('the same subscription is one endpoint', async () => {
    const { endpointId } = node.staticData;
    assert.equal(await node.call('create', server.url), true);
    assert.equal(node.staticData.endpointId, endpointId);
  });

  const { endpointId } = node.staticData;
  assert.equal(await node.call('delete', server.url), true);
  assert.deepEqual(node.staticData, {});
  assert.equal((await ask('GET', `/v1/webhook-endpoints/${endpointId}`)).statusCode, 404);
  assert.equal(await node.call('delete', server.url), true);
});

test('the trigger passes on why a URL is refused', async () => {
  const node = trigger();
  await assert.rejects(node.call('create', 'http://169.254.169.254/webhook'), (error) => {
    assert.deepEqual([error.name, error.httpCode], ['NodeApiError', '422']);
    assert.match(error.description, /url_blocked_private_address/);
    return true;
  });
});

test('the action makes, gets, lists and downloads', async () => {
  const made = await makeThumbnail('Made in n8n', {
    sessionId: 'n8n-action', metadata: '{"a":1}', accentColor: '#ff8800', accentWords: 'n8n, none', colorGrading: 'Warm',
    variants: 2,
  });
  assert.deepEqual([made.status, made.metadata, made.request.title], ['completed', { a: 1 }, 'Made in n8n']);

  const [[got]] = await action({ operation: 'get', jobId: made.id }).execute();
  assert.deepEqual([got.json.id, got.pairedItem], [made.id, { item: 0 }]);

  const [[file]] = await action({ operation: 'download', jobId: made.id, variant: 1 }).execute();
  assert.deepEqual([...file.binary.data.bytes.subarray(0, 2)], [0xff, 0xd8]);
  assert.equal(file.binary.data.mimeType, 'image/jpeg');
  assert.equal(file.binary.data.bytes.length, made.outputs[1].bytes);

  const [listed] = await action({ operation: 'getAll', filters: { sessionId: 'n8n-action', status: ['completed'] } }).execute();
  assert.deepEqual(listed.map(({ json }) => json.id), [made.id]);
});

test('cancelling a job that has ended says so, and goes on where the workflow wants to', async () => {
  const job = await makeThumbnail('Too late to cancel');
  const node = action({ operation: 'cancel', jobId: job.id });
  await assert.rejects(node.execute(), { name: 'NodeApiError', httpCode: '409' });
  const [[item]] = await node.execute(undefined, { continueOnFail: true });
  assert.match(item.json.error, /completed/);
});

test('what is wrong with a job is said in the words of the service', async () => {
  const node = action({ operation: 'create', title: 'x'.repeat(301) });
  await assert.rejects(node.execute(), (error) => {
    assert.equal(error.httpCode, '422');
    assert.match(`${error.message} ${error.description}`, /\/title/);
    return true;
  });
});

test('the list goes over several pages and stops at its limit', async () => {
  // The last test: nobody waits for these jobs.
  const body = { title: 'Page', resolution: '64x64', sessionId: 'n8n-pages' };
  for (let index = 0; index < 101; index += 1) assert.equal((await ask('POST', '/v1/jobs', body)).statusCode, 202);
  const count = async (more) => {
    const [items] = await action({ operation: 'getAll', filters: { sessionId: 'n8n-pages' }, ...more }).execute();
    return items.length;
  };
  assert.equal(await count({ returnAll: true }), 101);
  assert.equal(await count({ limit: 3 }), 3);
});
