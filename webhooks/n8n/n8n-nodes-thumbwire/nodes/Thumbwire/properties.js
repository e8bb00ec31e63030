'use strict';

/** Shows a property for some operations only. */
function on(...operations) {
  return { show: { operation: operations } };
}

function choice(values) {
  return values.map((value) => ({ name: value, value }));
}

const operations = [
  { name: 'Cancel', value: 'cancel', action: 'Cancel a job', description: 'Stop a job that has not ended' },
  { name: 'Create', value: 'create', action: 'Create a job', description: 'Ask for a thumbnail' },
  {
    name: 'Download',
    value: 'download',
    action: 'Download a thumbnail',
    description: 'Get the picture of a finished job as a file',
  },
  { name: 'Get', value: 'get', action: 'Get a job', description: 'Get one job, or wait for its end' },
  { name: 'Get Many', value: 'getAll', action: 'Get many jobs', description: 'List jobs, newest first' },
];

/** Optional members of `POST /v1/jobs`, by the names that they have there. */
const jobFields = [
  { displayName: 'Accent Color', name: 'accentColor', type: 'color', default: '' },
  {
    displayName: 'Accent Words',
    name: 'accentWords',
    type: 'string',
    default: '',
    description: 'Words of the title to emphasise, separated by commas',
  },
  {
    displayName: 'Callback URL',
    name: 'callbackUrl',
    type: 'string',
    default: '',
    placeholder: '={{ $execution.resumeUrl }}',
    description:
      'Gets one signed POST when the job has ended. With {{ $execution.resumeUrl }} and a Wait node that takes a POST, the workflow goes on then.',
  },
  { displayName: 'Chain', name: 'chain', type: 'string', default: '' },
  {
    displayName: 'Color Grading',
    name: 'colorGrading',
    type: 'options',
    options: choice(['None', 'Warm', 'Cool', 'Cinematic', 'Vintage', 'Desaturated', 'Neon']),
    default: 'None',
  },
  {
    displayName: 'Deadline in Seconds',
    name: 'deadlineSeconds',
    type: 'number',
    typeOptions: { minValue: 1, maxValue: 86400 },
    default: 900,
  },
  {
    displayName: 'Idempotency Key',
    name: 'idempotencyKey',
    type: 'string',
    default: '',
    description: 'The same key again answers with the same job, and makes no second one',
  },
  {
    displayName: 'Layout',
    name: 'layoutType',
    type: 'options',
    options: choice(['TextLeft', 'TextRight', 'TextCenter', 'TextBottom', 'FullBleed']),
    default: 'TextLeft',
  },
  {
    displayName: 'Metadata',
    name: 'metadata',
    type: 'json',
    default: '{}',
    description: 'Your own members; events and documents show them again',
  },
  {
    displayName: 'Priority',
    name: 'priority',
    type: 'number',
    typeOptions: { minValue: -100, maxValue: 100 },
    default: 0,
  },
  { displayName: 'Prompt', name: 'prompt', type: 'string', typeOptions: { rows: 3 }, default: '' },
  {
    displayName: 'Resolution',
    name: 'resolution',
    type: 'string',
    default: '1280x720',
    description: 'WIDTHxHEIGHT, such as 1280x720 or 1080x1920',
  },
  { displayName: 'Session ID', name: 'sessionId', type: 'string', default: '' },
  { displayName: 'Source Image URL', name: 'sourceImageUrl', type: 'string', default: '' },
  {
    displayName: 'Variants',
    name: 'variants',
    type: 'number',
    typeOptions: { minValue: 1, maxValue: 10 },
    default: 1,
  },
  { displayName: 'Video URL', name: 'videoUrl', type: 'string', default: '' },
];

const properties = [
  {
    displayName: 'Operation',
    name: 'operation',
    type: 'options',
    noDataExpression: true,
    options: operations,
    default: 'create',
  },
  {
    displayName: 'Title',
    name: 'title',
    type: 'string',
    default: '',
    description: 'What is written on the thumbnail; a prompt, a video or a source image can do instead',
    displayOptions: on('create'),
  },
  {
    displayName: 'Job ID',
    name: 'jobId',
    type: 'string',
    default: '',
    required: true,
    displayOptions: on('get', 'cancel', 'download'),
  },
  {
    displayName: 'Wait up to (Seconds)',
    name: 'wait',
    type: 'number',
    typeOptions: { minValue: 0, maxValue: 55 },
    default: 0,
    description: 'Answers as soon as the job has ended, at the latest after this time; 0 does not wait',
    displayOptions: on('create', 'get'),
  },
  {
    displayName: 'Variant',
    name: 'variant',
    type: 'number',
    typeOptions: { minValue: 0, maxValue: 9 },
    default: 0,
    description: 'Which picture, from 0',
    displayOptions: on('download'),
  },
  {
    displayName: 'Put Output File in Field',
    name: 'binaryPropertyName',
    type: 'string',
    default: 'data',
    required: true,
    displayOptions: on('download'),
  },
  {
    displayName: 'Return All',
    name: 'returnAll',
    type: 'boolean',
    default: false,
    description: 'Whether to return all results or only up to a given limit',
    displayOptions: on('getAll'),
  },
  {
    displayName: 'Limit',
    name: 'limit',
    type: 'number',
    typeOptions: { minValue: 1 },
    default: 50,
    description: 'Max number of results to return',
    displayOptions: { show: { operation: ['getAll'], returnAll: [false] } },
  },
  {
    displayName: 'Filters',
    name: 'filters',
    type: 'collection',
    placeholder: 'Add filter',
    default: {},
    displayOptions: on('getAll'),
    options: [
      { displayName: 'Session ID', name: 'sessionId', type: 'string', default: '' },
      {
        displayName: 'Status',
        name: 'status',
        type: 'multiOptions',
        options: choice(['queued', 'generating', 'processing', 'waiting', 'completed', 'failed', 'cancelled']),
        default: [],
      },
    ],
  },
  {
    displayName: 'Additional Fields',
    name: 'additionalFields',
    type: 'collection',
    placeholder: 'Add field',
    default: {},
    displayOptions: on('create'),
    options: jobFields,
  },
];

module.exports = { properties };
