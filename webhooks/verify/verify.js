#!/usr/bin/env node
// Verifies webhooks with Node 18 or newer and no packages: those that come, or one that was saved.
//
//   THUMBWIRE_SECRET=whsec_... node verify.js [--port 8000] [--count N]
//   THUMBWIRE_SECRET=whsec_... node verify.js HEADERS BODY
//
// Several secrets may be given, separated by spaces, while one is being rotated. The port is printed first; port 0
// takes a free one. With --count it ends after that many requests: exit code 0 when all were genuine, else 1. HEADERS
// and BODY are files: its headers, one a line, and its exact body; NOW=skip, or a number of seconds since 1970, lets
// an old request pass.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');

const TOLERANCE_SECONDS = 300;
const LARGEST_BODY = 1 << 20;

/** Why a request is not believed. */
class NotGenuine extends Error {}

/**
 * The event, or NotGenuine.
 *
 * `headers` has lower-case names; `body` is a Buffer of the bytes exactly as received: JSON that was parsed and
 * written again has another signature. `now` is 'skip' for a request of any age.
 */
function verify(headers, body, secrets, now = Date.now() / 1000) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) throw new NotGenuine('a webhook-* header is missing');
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new NotGenuine('webhook-timestamp is not a whole number of seconds');
  }
  if (now !== 'skip' && Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw new NotGenuine('webhook-timestamp is more than five minutes off');
  }

  for (const secret of secrets) {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const expected = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    for (const token of signatures.split(' ')) {
      if (sameText(token, `v1,${expected}`)) return body.length > 0 ? JSON.parse(body.toString()) : null;
    }
  }
  throw new NotGenuine('no v1 signature matches');
}

/** Compares without telling by its duration where the texts differ. */
function sameText(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

/** The body, or null where it is larger than any webhook. */
async function read(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LARGEST_BODY) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function receive(port, count, secrets) {
  let left = count;
  let allGenuine = true;

  const server = http.createServer(async (request, response) => {
    let line;
    let status = 204;
    try {
      if (request.method !== 'POST') throw new NotGenuine(`a ${request.method} is no webhook`);
      const body = await read(request);
      if (body === null) throw new NotGenuine('the body is larger than 1 MiB');
      line = JSON.stringify(verify(request.headers, body, secrets));
    } catch (error) {
      if (!(error instanceof NotGenuine)) throw error;
      status = 401;
      line = `refused: ${error.message}`;
      allGenuine = false;
    }
    response.on('close', () => {
      process.stdout.write(`${line}\n`);
      left -= 1;
      if (left === 0) server.close(() => { process.exitCode = allGenuine ? 0 : 1; });
    });
    response.writeHead(status, { 'content-length': 0, connection: 'close' });
    response.end();
  });
  server.listen(port, '127.0.0.1', () => {
    process.stdout.write(`listening on http://127.0.0.1:${server.address().port}\n`);
  });
}

function check(headersFile, bodyFile, secrets) {
  const headers = {};
  for (const line of fs.readFileSync(headersFile, 'latin1').split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  const { NOW } = process.env;
  try {
    verify(headers, fs.readFileSync(bodyFile), secrets, NOW && NOW !== 'skip' ? Number(NOW) : NOW);
  } catch (error) {
    if (!(error instanceof NotGenuine)) throw error;
    process.stderr.write(`refused: ${error.message}\n`);
    return 1;
  }
  process.stdout.write('genuine\n');
  return 0;
}

function usage(problem) {
  process.stderr.write(`${problem}\nusage: node verify.js [--port PORT] [--count N] | HEADERS BODY\n`);
  process.exit(2);
}

function main(words) {
  const numbers = { '--port': 8000, '--count': Infinity };
  const saved = [];
  while (words.length > 0) {
    const word = words.shift();
    if (!(word in numbers)) saved.push(word);
    else if (/^\d{1,9}$/.test(words[0] ?? '')) numbers[word] = Number(words.shift());
    else usage(`${word} needs a number`);
  }
  const secrets = (process.env.THUMBWIRE_SECRET ?? '').split(/\s+/).filter(Boolean);
  if (secrets.length === 0) usage('THUMBWIRE_SECRET is not set');
  if (saved.length === 2) process.exitCode = check(saved[0], saved[1], secrets);
  else if (saved.length === 0) receive(numbers['--port'], numbers['--count'], secrets);
  else usage('a saved request is two files');
}

if (require.main === module) main(process.argv.slice(2));

module.exports = { verify, NotGenuine };
