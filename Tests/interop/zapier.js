// Runs a part of a Zapier integration in code mode: its code and its bundle are the arguments, its value is printed.
'use strict';

const { request } = require('./n8n_host');

const [code, bundle] = process.argv.slice(1).slice(-2);
const z = {
  /** Zapier's client: JSON both ways, and an error for every refusal. */
  async request({ method = 'GET', url, params, headers, body }) {
    const answer = await request({
      method, url, qs: params, headers, body, returnFullResponse: true, ignoreHttpStatusErrors: true,
    });
    if (answer.statusCode >= 400) throw new Error(`${answer.statusCode} ${JSON.stringify(answer.body)}`);
    return { status: answer.statusCode, data: answer.body };
  },
};

const AsyncFunction = (async () => {}).constructor;
new AsyncFunction('z', 'bundle', code)(z, JSON.parse(bundle))
  .then((value) => console.log(JSON.stringify(value)));
